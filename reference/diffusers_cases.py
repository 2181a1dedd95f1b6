"""Which schedulers of diffusers, with which options: (name, configuration, set_timesteps options, step options, steps)."""

SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule='scaled_linear')
FLOW = dict(prediction_type='flow_prediction', use_flow_sigmas=True)
E, V, S = (dict(prediction_type=p) for p in ('epsilon', 'v_prediction', 'sample'))
K, X, B, LU = (dict([(f'use_{n}', True)]) for n in ('karras_sigmas', 'exponential_sigmas', 'beta_sigmas', 'lu_lambdas'))
LEAD, TRAIL, LIN = (dict(timestep_spacing=s) for s in ('leading', 'trailing', 'linspace'))
ZERO_SNR = dict(rescale_betas_zero_snr=True)
SIGMA_MIN = dict(final_sigmas_type='sigma_min')
CASES = []


def add(cls, *variants, base=SD, given=None, step=None, steps=None):
    """One case for each variant, named by class and what differs from the base."""
    for variant in variants:
        words = ', '.join(f'{k}={v}' for k, v in {**variant, **(given or {}), **(step or {})}.items())
        config = dict(_class_name=f'{cls}Scheduler', **{**base, **variant})
        CASES.append((f'{cls}: {words}' if words else cls, config, given or {}, step or {}, steps))


def of(**options):
    return options


OFF1 = of(steps_offset=1)
NOCLIP = of(clip_sample=False)

# DDIM and DDPM
DDIM = {**SD, **NOCLIP}
add('DDIM', {}, OFF1, TRAIL, LIN, of(set_alpha_to_one=False, **OFF1), V, S, of(**V, **TRAIL, **ZERO_SNR), of(beta_schedule='linear'), of(beta_schedule='squaredcos_cap_v2'), base=DDIM)
add('DDIM', {}, base=DDIM, step=of(eta=0.5))
add('DDIM', of(**TRAIL, **V), base=DDIM, step=of(eta=1.0))
add('DDIM', of(clip_sample=True), of(clip_sample=True, clip_sample_range=1.5), of(thresholding=True, sample_max_value=1.5), of(thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0), base=DDIM)
add('DDPM', {}, OFF1, TRAIL, LIN, V, S, of(variance_type='fixed_small_log'), of(variance_type='fixed_large'), of(**V, **TRAIL, **ZERO_SNR), of(clip_sample=True), base=DDIM)
# What the originals break at stays on record with few runs.
BROKEN = (1, 5)
add('DDPM', of(variance_type='fixed_large_log'), base=DDIM, steps=BROKEN)
add('DDPM', {}, base=DDIM, given=of(timesteps=[980, 700, 455, 210, 40]), steps=(5,))
add('CogVideoXDDIM', {}, of(**V, **TRAIL, **ZERO_SNR), base=NOCLIP)
add('CogVideoXDPM', {}, of(**V, **TRAIL, **ZERO_SNR), base=NOCLIP)

# DPM-Solver, multistep
add('DPMSolverMultistep', {}, OFF1 | LEAD, TRAIL, K, X, B, LU, SIGMA_MIN, K | SIGMA_MIN, of(euler_at_final=True), of(lower_order_final=False, **SIGMA_MIN), of(lower_order_final=False), V, S, of(**V, **TRAIL, **ZERO_SNR), of(beta_schedule='squaredcos_cap_v2', lambda_min_clipped=-5.1), of(thresholding=True, sample_max_value=1.5))
for kind in ('midpoint', 'heun'):
    for order in (1, 2, 3):
        for algorithm in ('dpmsolver++', 'dpmsolver', 'sde-dpmsolver++', 'sde-dpmsolver'):
            if (kind == 'heun' and order == 1) or (algorithm == 'sde-dpmsolver' and order == 3):
                continue
            ends = {} if '++' in algorithm else SIGMA_MIN
            add('DPMSolverMultistep', of(algorithm_type=algorithm, solver_order=order, solver_type=kind, **ends))
add('DPMSolverMultistep', of(algorithm_type='sde-dpmsolver++', **K), of(algorithm_type='sde-dpmsolver++', euler_at_final=True, **LU), of(algorithm_type='dpmsolver', **V, **SIGMA_MIN), of(algorithm_type='dpmsolver', **S, **SIGMA_MIN))
add('DPMSolverMultistep', FLOW, of(flow_shift=3.0, **FLOW), of(flow_shift=3.0, solver_order=3, **FLOW), of(flow_shift=3.0, algorithm_type='sde-dpmsolver++', **FLOW))
add('DPMSolverMultistep', {}, given=of(timesteps=[999, 845, 730, 587, 443, 310, 193, 116, 53, 13]), steps=(10,))

add('DPMSolverMultistep', of(beta_schedule='squaredcos_cap_v2', **K), steps=BROKEN)

# DPM-Solver, singlestep
for kind in ('midpoint', 'heun'):
    for order in (1, 2, 3):
        for algorithm in ('dpmsolver++', 'dpmsolver', 'sde-dpmsolver++'):
            if kind == 'heun' and order == 1:
                continue
            ends = {} if '++' in algorithm else SIGMA_MIN
            add('DPMSolverSinglestep', of(algorithm_type=algorithm, solver_order=order, solver_type=kind, **ends))
add('DPMSolverSinglestep', of(lower_order_final=True), of(lower_order_final=True, solver_order=3), K, X, B, SIGMA_MIN, of(solver_order=3, **SIGMA_MIN), V, S, of(flow_shift=3.0, **FLOW))

# DEIS, UniPC, SA-Solver
add('DEISMultistep', of(solver_order=1), {}, of(solver_order=3), K, X, B, of(solver_order=3, **K), OFF1 | LEAD, TRAIL, V, S, of(lower_order_final=False), of(flow_shift=3.0, **FLOW))
for order in (1, 2, 3, 4):
    for kind in ('bh1', 'bh2'):
        for data in (True, False):
            ends = {} if data and kind == 'bh2' else SIGMA_MIN
            add('UniPCMultistep', of(solver_order=order, solver_type=kind, predict_x0=data, **ends))
add('UniPCMultistep', K, X, B, OFF1 | LEAD, TRAIL, SIGMA_MIN, of(solver_order=3, **K, **SIGMA_MIN), of(lower_order_final=False, **SIGMA_MIN), of(disable_corrector=[0, 1]), V, S, of(**V, **TRAIL, **ZERO_SNR), FLOW, of(flow_shift=3.0, **FLOW), of(flow_shift=3.0, solver_order=3, **FLOW), of(shift_terminal=0.1, **FLOW), of(**K, sigma_min=0.05, sigma_max=10.0))
add('UniPCMultistep', FLOW, given=of(sigmas=[1.0, 0.8, 0.6, 0.4, 0.2]), steps=(5,))
add('UniPCMultistep', of(solver_type='bh1'), steps=BROKEN)
add('SASolver', *(of(predictor_order=p, corrector_order=c, algorithm_type=a) for p, c in ((1, 1), (2, 2), (3, 2), (3, 4), (4, 4)) for a in ('data_prediction', 'noise_prediction')), K, X, TRAIL, V, S, of(flow_shift=3.0, **FLOW))

# PNDM and linear multistep
add('PNDM', {}, of(skip_prk_steps=True), of(skip_prk_steps=True, **OFF1), of(skip_prk_steps=True, set_alpha_to_one=True, **OFF1), of(skip_prk_steps=True, **V), of(**V), of(skip_prk_steps=True, **TRAIL), of(skip_prk_steps=True, **LIN))
add('IPNDM', {}, base={})
add('LMSDiscrete', {}, OFF1 | LEAD, TRAIL, K, X, B, V, S)
add('LMSDiscrete', {}, *(), step=of(order=2))

# k-diffusion's methods
add('EulerDiscrete', {}, OFF1 | LEAD, TRAIL, K, X, B, V, S, SIGMA_MIN, of(interpolation_type='log_linear'), of(timestep_type='continuous', **V, **K, sigma_min=0.002, sigma_max=700.0), of(**V, **TRAIL, **ZERO_SNR), of(**K, sigma_min=0.05, sigma_max=10.0))
add('EulerDiscrete', {}, step=of(s_churn=4.0, s_noise=1.003))
add('EulerDiscrete', {}, given=of(sigmas=[14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.0]), steps=(10,))
add('EulerDiscrete', {}, given=of(timesteps=[999, 850, 736, 645, 545, 455, 343, 233, 124, 24]), steps=(10,))
add('EulerAncestralDiscrete', {}, OFF1 | LEAD, TRAIL, V, of(**V, **TRAIL, **ZERO_SNR))
add('HeunDiscrete', {}, OFF1 | LEAD, TRAIL, K, X, B, V, S)
add('HeunDiscrete', {}, given=of(timesteps=[999, 850, 736, 645, 545, 455, 343, 233, 124, 24]), steps=(10,))
add('KDPM2Discrete', {}, OFF1 | LEAD, TRAIL, K, X, B, V)
add('KDPM2AncestralDiscrete', {}, OFF1 | LEAD, TRAIL, K, X, B, V)
add('DPMSolverSDE', {}, OFF1 | LEAD, TRAIL, K, X, B, V)

# EDM
add('EDMEuler', {}, V, SIGMA_MIN, of(sigma_schedule='exponential'), of(sigma_data=1.0, sigma_max=200.0), base={})
add('EDMEuler', {}, base={}, step=of(s_churn=4.0, s_noise=1.003))
add('EDMDPMSolverMultistep', {}, V, SIGMA_MIN, of(solver_order=1), of(solver_order=3), of(solver_type='heun'), of(algorithm_type='sde-dpmsolver++'), of(algorithm_type='sde-dpmsolver++', solver_type='heun'), of(sigma_schedule='exponential'), of(euler_at_final=True), base={})
add('EDMDPMSolverMultistep', of(solver_order=3, **SIGMA_MIN, lower_order_final=False), of(algorithm_type='sde-dpmsolver++', solver_order=3), base={}, steps=BROKEN)
add('CosineDPMSolverMultistep', {}, of(solver_order=1), of(solver_type='heun'), of(sigma_schedule='karras'), SIGMA_MIN, base={})

# Consistency models
add('LCM', {}, V, S, of(original_inference_steps=100), of(timestep_scaling=5.0), of(set_alpha_to_one=False), of(**V, **ZERO_SNR))
add('LCM', {}, given=of(timesteps=[999, 759, 499, 259]), steps=(4,))
add('TCD', {}, V, S, of(original_inference_steps=100), of(**V, **ZERO_SNR))
add('TCD', {}, step=of(eta=0.0))
add('TCD', {}, step=of(eta=1.0))
add('TCD', {}, given=of(timesteps=[999, 759, 499, 259]), steps=(4,))

# Flow matching
add('FlowMatchEulerDiscrete', {}, of(shift=3.0), K, X, B, of(shift_terminal=0.1), of(shift=3.0, stochastic_sampling=True), base={})
for kind in ('exponential', 'linear'):
    add('FlowMatchEulerDiscrete', of(use_dynamic_shifting=True, time_shift_type=kind), of(use_dynamic_shifting=True, time_shift_type=kind, shift_terminal=0.1), base={}, given=of(mu=0.8, sigmas=[1.0, 0.8, 0.6, 0.4, 0.2]), steps=(5,))
add('FlowMatchEulerDiscrete', of(shift=3.0), base={}, given=of(sigmas=[1.0, 0.75, 0.5, 0.25]), steps=(4,))
add('FlowMatchHeunDiscrete', {}, of(shift=3.0), base={})
add('FlowMatchLCM', {}, of(shift=3.0), base={})
add('LTXEulerAncestralRF', {}, of(eta=0.5), base={})

# What is done to the estimate of x0
THRESHOLD = of(thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=1.5)
add('DDIMParallel', {}, of(clip_sample=True), base=DDIM)
add('DDIM', of(clip_sample=True, **V, **TRAIL, **ZERO_SNR), THRESHOLD, base=DDIM)
add('DDIM', of(clip_sample=True), base=DDIM, step=of(eta=0.5))
add('DDPM', THRESHOLD, of(clip_sample=True, clip_sample_range=1.5, **V), base=DDIM)
add('DDPMParallel', {}, of(clip_sample=True), base=DDIM)
add('CogVideoXDDIM', of(clip_sample=True), base=SD)
add('HeunDiscrete', of(clip_sample=True), of(clip_sample=True, clip_sample_range=1.5, **K, **V))
add('LCM', of(clip_sample=True), THRESHOLD)
add('TCD', of(clip_sample=True), THRESHOLD)
add('DPMSolverMultistep', of(algorithm_type='dpmsolver', **THRESHOLD, **SIGMA_MIN), of(algorithm_type='sde-dpmsolver++', **THRESHOLD))
add('DPMSolverSinglestep', THRESHOLD)
add('DPMSolverSinglestep', of(algorithm_type='dpmsolver', **THRESHOLD, **SIGMA_MIN), steps=BROKEN)
add('DEISMultistep', THRESHOLD)
add('UniPCMultistep', THRESHOLD, of(predict_x0=False, **THRESHOLD, **SIGMA_MIN))
add('SASolver', THRESHOLD)
add('SASolver', of(algorithm_type='noise_prediction', **THRESHOLD), steps=BROKEN)
add('EDMDPMSolverMultistep', THRESHOLD, base={})

# Less common options
for kind in ('sigmoid', 'laplace'):
    add('DDPM', of(beta_schedule=kind), base=DDIM)
add('HeunDiscrete', of(beta_schedule='exp'), base=SD)
CONTINUOUS = of(timestep_type='continuous')
LOG = of(interpolation_type='log_linear')
add('EulerDiscrete', of(**CONTINUOUS, **V), of(**CONTINUOUS, **V, **LEAD), of(**CONTINUOUS, **V, **K), of(**CONTINUOUS, **V, **SIGMA_MIN), CONTINUOUS, of(**LOG, **SIGMA_MIN), of(**LOG, **K), of(**LOG, **LEAD), of(**LOG, **CONTINUOUS, **V))
add('UniPCMultistep', of(**K, **FLOW), of(**K, **FLOW, sigma_min=0.01, sigma_max=200.0), of(**SIGMA_MIN, **FLOW), of(**K, **SIGMA_MIN, **FLOW))
add('DPMSolverMultistep', of(**SIGMA_MIN, **FLOW))
add('LTXEulerAncestralRF', of(s_noise=1.003), base={})

# Classes of particular models
add('UnCLIP', {}, of(clip_sample=False), of(clip_sample_range=1.5, **S), base={})
add('DDPMWuerstchen', {}, of(scaler=2.0), of(scaler=0.5, s=0.01), base={})
add('CMStochasticIterative', {}, of(clip_denoised=False), of(num_train_timesteps=18, s_noise=1.003, sigma_data=1.0), base={})
add('ConsistencyDecoder', {}, of(sigma_data=1.0), base={}, steps=(2,))
add('SCM', {}, of(sigma_data=1.0), base={})
add('KarrasVe', {}, of(s_churn=0), of(sigma_min=0.1, sigma_max=9.0), base={})
add('ScoreSdeVe', of(correct_steps=0), of(correct_steps=0, sigma_max=50.0), base={})
add('FlowMapEulerDiscrete', {}, of(shift=3.0), base={})
add('MiniMaxH3', {}, of(shift=3.0), base={})

# Conventions that only some numbers show
LINEAR = of(beta_schedule='linear', beta_start=0.0001, beta_end=0.02)
add('SASolver', of(num_train_timesteps=500), of(num_train_timesteps=150))
add('CogVideoXDPM', of(set_alpha_to_one=False, **OFF1), base=NOCLIP)
add('CogVideoXDPM', of(set_alpha_to_one=False), base=NOCLIP, steps=(2, 3, 5, 10, 20))
add('EulerAncestralDiscrete', of(**LINEAR, **V, **TRAIL, **ZERO_SNR), of(**LINEAR, **V, **ZERO_SNR))
add('DDPM', of(variance_type='fixed_large', **OFF1), base=DDIM)
add('DPMSolverSinglestep', K | SIGMA_MIN)
add('PNDM', of(set_alpha_to_one=True), steps=(8,))
