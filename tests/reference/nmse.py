#!/usr/bin/python3
"""Compares two files of logits (float32 rows, as forward.py and `program logits` write them).

usage: nmse.py MEASURED REFERENCE --vocab N [--prompt ROWS] [--limit NMSE] [--argmax] [--json]

Over the first ROWS rows (default all): NMSE = sum((a - b)^2) / sum(b^2), and the argmax, where it is decisive: where the reference's
two best logits differ by more than 0.05 of the standard deviation of that row's logits. Exits 1 where NMSE is above the limit, a
value is not finite or, with --argmax, a decisive argmax differs. Compare two devices with --argmax; rounding activations to 8 bits
may change a decisive argmax against the float64 reference.
"""
import argparse
import json
import sys
import numpy as np


def compare(a, b):
    """a, b: [rows, vocab]. A dictionary of nmse, rows, decisive (rows whose argmax counts), agree (of these), finite."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    best = np.sort(b, axis=1)[:, -2:]
    decisive = best[:, 1] - best[:, 0] > 0.05 * b.std(axis=1)
    agree = a.argmax(1) == b.argmax(1)
    return {'nmse': float(((a - b) ** 2).sum() / (b ** 2).sum()), 'rows': len(b), 'decisive': int(decisive.sum()),
            'agree': int((decisive & agree).sum()), 'finite': bool(np.isfinite(a).all() and np.isfinite(b).all())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('measured')
    parser.add_argument('reference')
    parser.add_argument('--vocab', type=int, required=True)
    parser.add_argument('--prompt', type=int, help='rows to compare')
    parser.add_argument('--limit', type=float, default=np.inf)
    parser.add_argument('--argmax', action='store_true', help='decisive argmaxes must agree')
    parser.add_argument('--json', action='store_true')
    args = parser.parse_args()
    measured, reference = (np.fromfile(path, '<f4') for path in (args.measured, args.reference))
    if measured.size % args.vocab or reference.size % args.vocab:
        parser.error('a file does not hold whole rows')
    measured, reference = (x.reshape(-1, args.vocab)[:args.prompt] for x in (measured, reference))
    if len(measured) != len(reference):
        parser.error(f'{len(measured)} rows against {len(reference)}; give --prompt')
    result = compare(measured, reference)
    good = result['finite'] and result['nmse'] <= args.limit and (not args.argmax or result['agree'] == result['decisive'])
    if args.json:
        print(json.dumps(result))
    else:
        print(f"nmse {result['nmse']:.3e}  argmax {result['agree']}/{result['decisive']} decisive of {result['rows']} rows"
              f"{'' if result['finite'] else '  NOT FINITE'}  {'ok' if good else 'FAIL'}")
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
