"""`python -m lexloom` is the command `lexloom`."""

from lexloom.commands.lexloom import main

if __name__ == "__main__":
    main()
