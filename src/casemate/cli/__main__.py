"""``python -m casemate.cli``: the command ``casemate``."""

from casemate.cli import main

if __name__ == "__main__":
    main()
