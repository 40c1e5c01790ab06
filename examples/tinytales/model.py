"""The model in numpy, float32, one token after another: short and plain, to check the GGUF against the training."""
import numpy as np


class Model:
    def __init__(self, metadata, tensors):
        key = lambda name: metadata['qwen3.' + name]
        self.tensors = {name[:-len('.weight')]: t for name, t in tensors.items()}
        self.layers, self.heads, self.kv_heads = key('block_count'), key('attention.head_count'), key('attention.head_count_kv')
        self.head, self.context, self.epsilon = key('attention.key_length'), key('context_length'), np.float32(key('attention.layer_norm_rms_epsilon'))
        frequency = key('rope.freq_base') ** (-np.arange(0, self.head, 2) / self.head)
        angles = np.outer(np.arange(self.context), frequency)
        self.cos, self.sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        self.reset()

    def reset(self):
        self.length = 0
        self.keys = np.zeros((self.layers, self.kv_heads, self.context, self.head), dtype=np.float32)
        self.values = np.zeros_like(self.keys)

    def norm(self, x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * weight

    def rotate(self, x):
        cos, sin = self.cos[self.length], self.sin[self.length]
        a, b = x[:, :self.head // 2], x[:, self.head // 2:]
        return np.concatenate((a * cos - b * sin, b * cos + a * sin), axis=1)

    def step(self, token):
        """The logits after one more token."""
        t, n = self.tensors, self.length + 1
        x = t['token_embd'][token]
        for i in range(self.layers):
            p = 'blk.%d.' % i
            y = self.norm(x, t[p + 'attn_norm'])
            q = self.rotate(self.norm((t[p + 'attn_q'] @ y).reshape(self.heads, self.head), t[p + 'attn_q_norm']))
            self.keys[i, :, self.length] = self.rotate(self.norm((t[p + 'attn_k'] @ y).reshape(self.kv_heads, self.head), t[p + 'attn_k_norm']))
            self.values[i, :, self.length] = (t[p + 'attn_v'] @ y).reshape(self.kv_heads, self.head)
            q = q.reshape(self.kv_heads, -1, self.head)
            scores = q @ self.keys[i, :, :n].transpose(0, 2, 1) / np.sqrt(np.float32(self.head))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = (scores / scores.sum(-1, keepdims=True)) @ self.values[i, :, :n]
            x = x + t[p + 'attn_output'] @ mixed.reshape(-1)
            y = self.norm(x, t[p + 'ffn_norm'])
            gate = t[p + 'ffn_gate'] @ y
            x = x + t[p + 'ffn_down'] @ (gate / (1 + np.exp(-gate)) * (t[p + 'ffn_up'] @ y))
        self.length = n
        return t['token_embd'] @ self.norm(x, t['output_norm'])
