"""exits.py CODE COMMAND...: runs the command, passes its output through, and succeeds only if it ends with that exit code."""
import subprocess
import sys

found = subprocess.run(sys.argv[2:]).returncode
if found != int(sys.argv[1]):
    print(f'exits.py: exit code {found}, expected {sys.argv[1]}', file=sys.stderr)
    sys.exit(1)
