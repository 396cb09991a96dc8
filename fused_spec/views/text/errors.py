"""Show an expected failure to a person: what and why, then the next step."""

from fused_spec.errors import FusedSpecError, Interrupted
from fused_spec.messages.redaction import redact
from fused_spec.views.words.shown import visible_lines
from fused_spec.views.words.tones import Paint, Tone, plain


def error_text(error: FusedSpecError, *, paint: Paint = plain) -> str:
    """`Error: …` and a line with the hint, both free of secrets and control characters."""
    word = "Interrupted" if isinstance(error, Interrupted) else "Error"
    lines = [f"{paint(f'{word}:', Tone.BAD)} {visible_lines(redact(str(error)))}"]
    if error.hint:
        lines.append(paint(f"  hint: {visible_lines(redact(error.hint))}", Tone.FAINT))
    return "\n".join(lines)
