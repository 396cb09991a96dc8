"""`python -m fused_spec`, and the entry point of the installed command."""

from fused_spec.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
