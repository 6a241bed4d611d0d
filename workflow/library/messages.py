"""What a job says of itself on the terminal."""

from typing import Any


def say_shortly(workflow: Any) -> None:
    """Let each job name its rule and outputs, and no inputs, most of which are modules of the code."""
    for rule in workflow.rules:
        rule.message = "{rule}: {output}" if rule.shellcmd else "{rule}"
