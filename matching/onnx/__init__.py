"""The embedding model on ONNX Runtime with 8-bit weights: exported once from torch, run without it.

Files here import what they need directly; the package itself imports nothing, so that a process on torch
pays nothing for it.
"""
