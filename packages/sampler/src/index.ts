export type { Network, NetworkCall, Prediction } from './network.ts'
