"""What bash, zsh and fish are given to ask us with, and how each of them is answered.

The words are click's to understand. How they get here is ours: click's scripts lose a value that holds an equals sign
or a comma, and `tiles[month=2024-05,region=eu-west-1]` holds both. So a shell sends its line up to the cursor, and gets
whole words back.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

NAME = "fused-spec"
ASKS = "_FUSED_SPEC_COMPLETE"
"""The variable by which a shell asks: `bash_complete`."""

OPEN = "open"
"""The type of a completion that is no whole word yet, so that no blank follows it: `tiles[month=`."""

_LINE, _WORD = "COMP_LINE", "COMP_WORD"
_CURSOR = "\x1f"  # a character that nobody types, so that the word at the cursor is known even where it is empty


class _Shell(ShellComplete):
    """One shell. `given` is the object of the command line, `env` what the shell says."""

    def __init__(self, cli: click.Command, given: dict[str, Any], env: Mapping[str, str]) -> None:
        super().__init__(cli, {"obj": given}, NAME, ASKS)
        self.env = env

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(self.env[_LINE] + _CURSOR)
        return words[1:-1], words[-1].removesuffix(_CURSOR)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Whole words: where `--select=ti` is typed, `--select=tiles`."""
        found = super().get_completions(list(args), incomplete)
        option, sign, _ = incomplete.partition("=")
        if not (sign and option.startswith("--")):
            return found
        return [_with_value(item, f"{option}={item.value}") for item in found]


class Bash(_Shell):
    """Has no place for descriptions, and takes a word apart at each equals sign that is not in quotes."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = """\
%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            open) compopt -o nospace 2>/dev/null; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="$2" %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

    def format_completion(self, item: CompletionItem) -> str:
        _, typed = self.get_completion_args()
        line, replaced = self.env[_LINE], self.env.get(_WORD, "")
        meant = replaced if typed.endswith(replaced) else "".join(split_arg_string(replaced))  # 'tiles[month='2024
        value = str(item.value)[len(typed) - len(meant) :]
        in_quotes = line[: len(line) - len(replaced)][-1:] in ("'", '"')
        return f"{item.type},{value if in_quotes else _escaped(value)}"


class Zsh(_Shell):
    """Quotes by itself what it inserts, and shows descriptions."""

    name: ClassVar[str] = "zsh"
    source_template: ClassVar[str] = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a whole described open response
    local kind value help
    (( ! $+commands[%(prog_name)s] )) && return 1

    response=("${(@f)$(COMP_LINE="${(j: :)words[1,CURRENT]}" %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")
    for kind value help in ${response}; do
        case $kind in
            dir) compset -P '--*='; _path_files -/ ;;
            file) compset -P '--*='; _path_files -f ;;
            open) open+=("$value") ;;
            plain) if [[ $help == _ ]]; then whole+=("$value"); else described+=("${value//:/\\\\:}:$help"); fi ;;
        esac
    done
    (( $#described )) && _describe -V %(prog_name)s described
    (( $#whole )) && compadd -V whole -a whole
    (( $#open )) && compadd -S '' -V open -a open
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@" # a file of fpath, which is called
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef %(complete_func)s %(prog_name)s
fi
"""

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type}\n{item.value}\n{_in_a_line(item.help) or '_'}"


class Fish(_Shell):
    """Quotes by itself what it inserts, and adds no blank behind what cannot be whole."""

    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = """\
function %(complete_func)s
    set -l line (commandline -cp | string collect)
    for completion in (COMP_LINE=$line %(complete_var)s=fish_complete %(prog_name)s 2>/dev/null)
        set -l parts (string split --max 1 , -- $completion)
        switch $parts[1]
            case dir file
                set -l option (string replace --regex '^(--[^=]*=)?.*' '$1' -- $parts[2])
                for path in (__fish_complete_path (string replace --regex '^--[^=]*=' '' -- $parts[2]))
                    echo $option$path
                end
            case plain open
                echo $parts[2]
        end
    end
end

complete --command %(prog_name)s --no-files --keep-order --arguments "(%(complete_func)s)"
"""

    def format_completion(self, item: CompletionItem) -> str:
        help_ = _in_a_line(item.help)
        return f"{item.type},{item.value}\t{help_}" if help_ else f"{item.type},{item.value}"


SHELLS: Mapping[str, type[_Shell]] = {shell.name: shell for shell in (Bash, Zsh, Fish)}


def script(shell: str) -> str:
    """What a shell has to read once, so that it asks us."""
    return SHELLS[shell](click.Command(NAME), {}, {}).source()


def _with_value(item: CompletionItem, value: str) -> CompletionItem:
    return CompletionItem(value, type=item.type, help=item.help)


def _in_a_line(text: str | None) -> str:
    """A description as it may be shown beside its word."""
    return "".join(one for one in " ".join((text or "").split()) if one.isprintable())


def _escaped(value: str) -> str:
    """The value as a word of bash; brackets stay, for one that matches no file is left as it is."""
    return re.sub(r"([\s\"'$`\\&;()<>|*?!#~])", r"\\\1", value)
