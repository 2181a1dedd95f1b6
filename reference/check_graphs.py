"""What onnx.checker says of every rewrite of every fixture: `npx -y pnpm@12 exec node --conditions=@fewstep/source
scripts/write-rewrites.ts FOLDER`, then `python check_graphs.py FOLDER`. Shapes are inferred strictly too, where all
operators are ONNX's own.
"""

import pathlib
import sys

import onnx

bad = 0
paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for path in paths:
    model = onnx.load(path)
    own = all(entry.domain in ("", "ai.onnx", "ai.onnx.ml") for entry in model.opset_import)
    try:
        onnx.checker.check_model(model, full_check=own)
    except Exception as error:  # noqa: BLE001
        bad += 1
        print(path.name, str(error).splitlines()[0])
print(onnx.__version__, len(paths), "models,", bad, "rejected")
sys.exit(bad > 0)
