import { GLOBAL_OPTIONS, optionsOf } from "./flags.js";
import type { VerbOption } from "./verb.js";
import { VERBS } from "./verbs.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;

type Shell = (typeof SHELLS)[number];

const WRITERS: Readonly<Record<Shell, () => string>> = { bash, zsh, fish };

/** Returns a script that completes verbs, flags and files in a shell. */
export function completionScript(shell: Shell): string {
  return WRITERS[shell]();
}

function namesOf(options: readonly VerbOption[]): string {
  return options.map(({ flags }) => flags.split(" ")[0]!).join(" ");
}

function bash(): string {
  const cases = VERBS.map((verb) => `    ${verb.name}) flags="${namesOf(optionsOf(verb))}" ;;`);
  return `# coatcheck completion bash: put it into ~/.bashrc as: source <(coatcheck completion bash)
_coatcheck() {
  local word="\${COMP_WORDS[COMP_CWORD]}" verb="" flags="" other
  for other in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${VERBS.map(({ name }) => name).join(" ")} " in *" $other "*) verb="$other"; break ;; esac
  done
  case "$verb" in
    "") flags="${VERBS.map(({ name }) => name).join(" ")}" ;;
${cases.join("\n")}
  esac
  if [[ -z "$verb" || "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags ${namesOf(GLOBAL_OPTIONS)}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _coatcheck coatcheck`;
}

function zsh(): string {
  const verbs = VERBS.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = VERBS.map((verb) => `    ${verb.name}) flags=(${namesOf([...optionsOf(verb), ...GLOBAL_OPTIONS])}) ;;`);
  return `#compdef coatcheck
# coatcheck completion zsh: put it into ~/.zshrc as: source <(coatcheck completion zsh)
_coatcheck() {
  local -a verbs flags
  local verb word
  verbs=(
${verbs.join("\n")}
  )
  for word in \${words[2,CURRENT-1]}; do
    if (( \${verbs[(I)$word:*]} )); then verb=$word; break; fi
  done
  case "$verb" in
    "") flags=(${namesOf(GLOBAL_OPTIONS)}) ;;
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then compadd -- $flags
  elif [[ -z "$verb" ]]; then _describe 'command' verbs
  else _files; fi
}
compdef _coatcheck coatcheck`;
}

function fish(): string {
  const known = VERBS.map(({ name }) => name).join(" ");
  const verbs = VERBS.map(
    ({ name, summary }) =>
      `complete -c coatcheck -n "not __fish_seen_subcommand_from ${known}" -f -a ${name} -d '${quoted(summary)}'`,
  );
  const flag = (condition: string, { flags, description }: VerbOption): string => {
    const [name, value] = flags.split(" ") as [string, string | undefined];
    return `complete -c coatcheck${condition} -l ${name.slice(2)}${value === undefined ? "" : " -r"} -d '${quoted(description)}'`;
  };
  const ofVerbs = VERBS.flatMap((verb) =>
    optionsOf(verb).map((option) => flag(` -n "__fish_seen_subcommand_from ${verb.name}"`, option)),
  );
  const head =
    "# coatcheck completion fish: put it into ~/.config/fish/config.fish as: coatcheck completion fish | source";
  return [head, ...verbs, ...GLOBAL_OPTIONS.map((option) => flag("", option)), ...ofVerbs].join("\n");
}

function quoted(text: string): string {
  return text.replaceAll("'", "");
}
