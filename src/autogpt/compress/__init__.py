"""Make a trained model small and fast without making it worse: export, quantise, prove parity."""
