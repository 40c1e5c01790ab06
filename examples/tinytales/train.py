#!/usr/bin/env python3
"""Train the model of TinyTales on one GPU, in minutes, with PyTorch.

usage: train.py CORPUS_DIR --tokenizer TOKENIZER.json --out DIR [--minutes M] [--seed S]

A Qwen3-shaped transformer: RMSNorm before attention and before the feed-forward, grouped-query attention with a norm on each head of Q and K,
rotary positions (halves of a head turned against each other), SwiGLU, one matrix for embedding and output. It learns the assistant's tokens only.
Rows hold whole conversations one after the other, which reads as one chat of several turns: half of the steps take rows of 512 tokens, half of
1,024. The learning rate rises over the first steps, then falls along a cosine over the time given, so that training always ends with it low.
Writes DIR/weights.npz (float16, names as in GGUF), DIR/sample.npz (token ids of a held-out conversation and their logits, computed in float32 from the
rounded weights) and DIR/train.log.
"""
import argparse, functools, json, math, multiprocessing, os, time
import numpy as np
import torch
import torch.nn.functional as F
from tokenizer import Tokenizer

SHAPE = dict(layers=6, width=256, heads=4, kv_heads=2, head=64, ffn=768, vocabulary=2048, context=1024, rope_base=10000.0, epsilon=1e-6)
PEAK_RATE, FLOOR_RATE, WARMUP_STEPS, WEIGHT_DECAY, BETAS, CLIP = 3e-3, 1e-5, 200, 0.1, (0.9, 0.95), 1.0
TOKENS_PER_STEP = 65536
IGNORE = -100


class Block(torch.nn.Module):
    def __init__(self, s):
        super().__init__()
        self.heads, self.kv_heads, self.head, self.epsilon = s['heads'], s['kv_heads'], s['head'], s['epsilon']
        linear = lambda rows, columns: torch.nn.Linear(columns, rows, bias=False)
        ones = lambda n: torch.nn.Parameter(torch.ones(n))
        self.attn_norm, self.ffn_norm = ones(s['width']), ones(s['width'])
        self.attn_q_norm, self.attn_k_norm = ones(s['head']), ones(s['head'])
        self.attn_q = linear(s['heads'] * s['head'], s['width'])
        self.attn_k = linear(s['kv_heads'] * s['head'], s['width'])
        self.attn_v = linear(s['kv_heads'] * s['head'], s['width'])
        self.attn_output = linear(s['width'], s['heads'] * s['head'])
        self.ffn_gate = linear(s['ffn'], s['width'])
        self.ffn_up = linear(s['ffn'], s['width'])
        self.ffn_down = linear(s['width'], s['ffn'])

    def rotate(self, x, cos, sin):
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

    def forward(self, x, cos, sin):
        rows, length, _ = x.shape
        split = lambda y, n: y.view(rows, length, n, self.head).transpose(1, 2)
        y = norm(x, self.attn_norm, self.epsilon)
        q = self.rotate(norm(split(self.attn_q(y), self.heads), self.attn_q_norm, self.epsilon), cos, sin)
        k = self.rotate(norm(split(self.attn_k(y), self.kv_heads), self.attn_k_norm, self.epsilon), cos, sin)
        v = split(self.attn_v(y), self.kv_heads)
        repeat = self.heads // self.kv_heads
        k, v = k.to(v.dtype).repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        y = F.scaled_dot_product_attention(q.to(v.dtype), k, v, is_causal=True)
        x = x + self.attn_output(y.transpose(1, 2).reshape(rows, length, self.heads * self.head))
        y = norm(x, self.ffn_norm, self.epsilon)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


def norm(x, weight, epsilon):
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


class Model(torch.nn.Module):
    def __init__(self, s):
        super().__init__()
        self.epsilon = s['epsilon']
        self.token_embd = torch.nn.Embedding(s['vocabulary'], s['width'])
        self.blk = torch.nn.ModuleList(Block(s) for _ in range(s['layers']))
        self.output_norm = torch.nn.Parameter(torch.ones(s['width']))
        angles = torch.outer(torch.arange(s['context']).float(), s['rope_base'] ** (-torch.arange(0, s['head'], 2).float() / s['head']))
        self.register_buffer('cos', angles.cos(), persistent=False)
        self.register_buffer('sin', angles.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                into_stream = 'attn_output' in name or 'ffn_down' in name
                torch.nn.init.normal_(p, std=0.02 / math.sqrt(2 * s['layers']) if into_stream else 0.02)

    def forward(self, ids):
        x = self.token_embd(ids)
        for block in self.blk:
            x = block(x, self.cos[:ids.shape[1]], self.sin[:ids.shape[1]])
        return F.linear(norm(x, self.output_norm, self.epsilon), self.token_embd.weight)


tokenizer_at = functools.lru_cache(Tokenizer)


def encode(job):
    """The conversations of some lines: [(ids, count of ids before the story)]."""
    path, lines = job
    found = (tokenizer_at(path).conversation(json.loads(line)) for line in lines)
    return [(np.array(ids, dtype=np.int16), before) for ids, before in found]


def load(path, tokenizer_path, pool):
    with open(path) as f:
        lines = f.readlines()
    jobs = [(tokenizer_path, lines[i:i + 2000]) for i in range(0, len(lines), 2000)]
    return [item for part in pool.imap(encode, jobs) for item in part]


def pack(items, length, rng, one_each=False):
    """Rows of whole conversations: ids, and targets that are IGNORE where no story token follows."""
    rows, row, used = [], [], 0
    for k in rng.permutation(len(items)):
        size = len(items[k][0])
        if row and (one_each or used + size > length + 1):
            rows.append(row)
            row, used = [], 0
        row.append((k, used))
        used += size
    rows.append(row)
    ids = np.zeros((len(rows), length + 1), dtype=np.int16)
    targets = np.full((len(rows), length + 1), IGNORE, dtype=np.int16)
    for r, row in enumerate(rows):
        for k, at in row:
            item, before = items[k]
            end = at + len(item)
            ids[r, at:end] = item
            targets[r, at + before:end - 1] = item[before:-1]  # the line feed after <|im_end|> is the next turn's
    return torch.from_numpy(ids[:, :-1].copy()).cuda(), torch.from_numpy(targets[:, 1:].copy()).cuda()


def loss_of(model, ids, targets):
    with torch.autocast('cuda', dtype=torch.bfloat16):
        logits = model(ids)
    return F.cross_entropy(logits.float().view(-1, logits.shape[-1]), targets.view(-1), ignore_index=IGNORE)


@torch.no_grad()
def evaluate(model, data):
    """Mean loss per story token over all rows."""
    total = count = 0
    for i in range(0, len(data[0]), 128):
        ids, targets = data[0][i:i + 128].long(), data[1][i:i + 128].long()
        n = (targets != IGNORE).sum().item()
        total, count = total + loss_of(model, ids, targets).item() * n, count + n
    return total / count


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('corpus')
    ap.add_argument('--tokenizer', required=True)
    ap.add_argument('--out', required=True)
    ap.add_argument('--minutes', type=float, default=3.5)
    ap.add_argument('--seed', type=int, default=1)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    log = open(os.path.join(a.out, 'train.log'), 'w')

    def say(text):
        print(text, flush=True)
        print(text, file=log, flush=True)

    torch.manual_seed(a.seed)
    rng = np.random.default_rng(a.seed)
    with multiprocessing.Pool() as pool:
        train = load(os.path.join(a.corpus, 'train.jsonl'), a.tokenizer, pool)
        held_out = load(os.path.join(a.corpus, 'held_out.jsonl'), a.tokenizer, pool)
    packed = [pack(train, length, rng) for length in (512, 1024)]
    seen = pack(train[:len(held_out)], 512, rng, one_each=True)
    unseen = pack(held_out, 512, rng, one_each=True)
    model = Model(SHAPE).cuda()
    matrices = [p for p in model.parameters() if p.dim() == 2]
    norms = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{'params': matrices, 'weight_decay': WEIGHT_DECAY}, {'params': norms, 'weight_decay': 0.0}],
                                  lr=PEAK_RATE, betas=BETAS, fused=True)
    say('device %s, torch %s' % (torch.cuda.get_device_name(), torch.__version__))
    say('shape %s' % json.dumps(SHAPE))
    say('parameters %d' % sum(p.numel() for p in model.parameters()))
    say('training: %d conversations, %d tokens; held out: %d conversations about pairs that the training set does not hold' % (
        len(train), sum(len(i) for i, _ in train), len(held_out)))
    say('AdamW, betas %s, weight decay %g, rate %g falling to %g, warm-up of %d steps, clip %g, %d tokens a step, bf16, seed %d, %.2f minutes' % (
        BETAS, WEIGHT_DECAY, PEAK_RATE, FLOOR_RATE, WARMUP_STEPS, CLIP, TOKENS_PER_STEP, a.seed, a.minutes))

    start, step, orders = time.time(), 0, [np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)]
    while (done := (time.time() - start) / (60 * a.minutes)) < 1:
        ids, targets = packed[step % 2]
        wanted = TOKENS_PER_STEP // ids.shape[1]
        if len(orders[step % 2]) < wanted:
            orders[step % 2] = rng.permutation(len(ids))
        pick, orders[step % 2] = torch.from_numpy(orders[step % 2][:wanted]).cuda(), orders[step % 2][wanted:]
        rate = FLOOR_RATE + (PEAK_RATE - FLOOR_RATE) * min(1, (step + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group['lr'] = rate
        loss = loss_of(model, ids[pick].long(), targets[pick].long())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        if step % 250 == 0:
            loss_now = loss.item()  # waits for the device, so that the clock above is true
            held = ', held-out loss %.4f' % evaluate(model, unseen) if step % 1000 == 0 else ''
            say('step %5d, %5.1f s, rate %.2e, training loss %.4f%s' % (step, time.time() - start, rate, loss_now, held))
        elif step % 10 == 0:
            torch.cuda.synchronize()
        step += 1
    say('%d steps in %.1f s, %.1f million tokens, each conversation seen %.1f times' % (
        step, time.time() - start, step * TOKENS_PER_STEP / 1e6, sum(step / 2 * TOKENS_PER_STEP / p[0].numel() for p in packed)))
    say('end: loss %.4f on %d conversations of the training set, %.4f on the held-out ones (per token of the story)' % (
        evaluate(model, seen), len(seen[0]), evaluate(model, unseen)))

    weights = {}
    with torch.no_grad():
        for name, p in model.named_parameters():
            key = name if name.endswith('.weight') else name + '.weight'
            weights[key] = p.float().cpu().numpy().astype(np.float16)
            p.copy_(torch.from_numpy(weights[key].astype(np.float32)))
        ids, before = held_out[0]
        logits = model(torch.from_numpy(ids).long()[None].cuda())[0].cpu().numpy()
    np.savez(os.path.join(a.out, 'weights.npz'), **weights)
    np.savez(os.path.join(a.out, 'sample.npz'), ids=ids, logits=logits)


if __name__ == '__main__':
    main()
