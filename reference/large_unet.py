"""A U-Net of Stable Diffusion 1.5's size as an exported graph, whose weights lie in an external file of 3.4 GB.

    python large_unet.py FOLDER

Writes FOLDER/model.onnx by PyTorch's exporter, and FOLDER/weights.bin, all zeros in a file with holes: topology, sizes and
entries are what benchmarks/rewrite-large.ts looks at, not the numbers.
"""

import sys

import onnx
import torch
from diffusers import UNet2DConditionModel


class Plain(torch.nn.Module):
    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, encoder_hidden_states):
        return self.unet(sample, timestep, encoder_hidden_states, return_dict=False)[0]


folder = sys.argv[1]
with torch.device("meta"):
    # The defaults of diffusers are those of Stable Diffusion 1.x, but for the width of the prompt.
    unet = UNet2DConditionModel(cross_attention_dim=768)
unet = unet.to_empty(device="cpu").eval()
with torch.no_grad():
    # The exporter stores weights that are equal once.
    for number, weight in enumerate(unet.parameters()):
        weight.view(-1)[0] = number
print(sum(weight.numel() for weight in unet.parameters()), "parameters")
pixels = {0: "batch_size", 2: "height", 3: "width"}
torch.onnx.export(
    Plain(unet),
    (torch.zeros(1, 4, 8, 8), torch.tensor(500), torch.zeros(1, 77, 768)),
    f"{folder}/model.onnx",
    input_names=["sample", "timestep", "encoder_hidden_states"],
    output_names=["out_sample"],
    dynamic_axes={
        "sample": pixels,
        "encoder_hidden_states": {0: "batch_size", 1: "sequence_length"},
        "out_sample": pixels,
    },
    opset_version=17,
    dynamo=False,
    export_params=False,
    do_constant_folding=False,
)

model = onnx.load(f"{folder}/model.onnx")
weights = list(model.graph.input)[3:]
offset = 0
for weight in weights:
    dims = [dim.dim_value for dim in weight.type.tensor_type.shape.dim]
    length = 4
    for dim in dims:
        length *= dim
    tensor = model.graph.initializer.add(name=weight.name, dims=dims, data_type=onnx.TensorProto.FLOAT)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    # Whole pages, as ONNX asks for files that are mapped into memory.
    offset += -(-length // 4096) * 4096
    model.graph.input.remove(weight)
onnx.save(model, f"{folder}/model.onnx")
with open(f"{folder}/weights.bin", "wb") as file:
    file.truncate(offset)
print(len(model.graph.node), "nodes,", len(weights), "weights,", offset, "bytes")
