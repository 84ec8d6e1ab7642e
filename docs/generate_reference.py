#!/usr/bin/env python3
"""Writes the tables of docs/reference that follow from the code.

    generate_reference.py                    rewrites what stands between the markers
    generate_reference.py --check            exit 1 when a page differs from the code
    generate_reference.py … --cli PROGRAM    also what `livedrops --help` says, else left as it is

A page marks a table with `<!-- generated: NAME -->` and `<!-- end -->`; TABLES says who makes NAME.
What the code cannot say, the meaning of an event or a column, stands in reference_texts.py; a name
without a text fails, and so does a text without a name.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from reference_texts import COLUMNS, EVENTS, INVARIANTS, LIMITS, VIEW_COLUMNS  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def same_names(what, found, described):
    missing, stale = sorted(set(found) - set(described)), sorted(set(described) - set(found))
    if missing or stale:
        sys.exit(f"reference_texts.py: {what}: without a text {missing}, not in the code {stale}")


# --- outcome.h, status.h --------------------------------------------------------------------------

def x_list(name, path="include/livedrops/outcome.h"):
    """The entries of a `#define NAME(X) …` list: tuples of name and, if it has one, text."""
    text = read(path).replace("\\\n", " ")
    body = re.search(rf"#define {name}\(X\)(.*)", text).group(1)
    return re.findall(r'X\((\w+)(?:,\s*"([^"]*)")?\)', re.sub(r'"\s*"', "", body))


def order_outcomes():
    rows = [[str(rank), f"`{name}`", text]
            for rank, (name, text) in enumerate(x_list("LIVEDROPS_ORDER_OUTCOMES"), 1)]
    return table(["rank", "outcome", "meaning"], rows)


def command_outcomes():
    rows = [[f"`{name}`", text] for name, text in x_list("LIVEDROPS_COMMAND_OUTCOMES")]
    return table(["outcome", "meaning"], rows)


def status_codes():
    body = re.search(r"enum class StatusCode[^{]*\{(.*?)\};", read("include/livedrops/status.h"),
                     re.DOTALL).group(1)
    rows = []
    for comment, name, number in re.findall(r"((?:\s*//[^\n]*\n)*)\s*k(\w+) = (\d+),", body):
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        rows.append([number, f"`{words}`", " ".join(re.findall(r"//\s*(.*)", comment))])
    return table(["number", "name", "what happened, and what to do"], rows)


def names_of(list_name):
    return ", ".join(f"`{name}`" for name, _ in x_list(list_name)) + "\n"


def event_types():
    found = [name for name, _ in x_list("LIVEDROPS_EVENT_TYPES")]
    same_names("event types", found, EVENTS)
    return table(["type", "aggregate", "subject", "channels", "body", "written when"],
                 [[f"`{name}`", *EVENTS[name]] for name in found])


def invariants():
    found = [text for _, text in x_list("LIVEDROPS_INVARIANTS", "src/simulation/verify_findings.h")]
    same_names("invariants", found, INVARIANTS)
    return table(["invariant", "what holds"],
                 [[f"`{name}`", INVARIANTS[name]] for name in sorted(found)])


# --- limits ---------------------------------------------------------------------------------------

def number_in(path, pattern):
    """A C++ integer, with thousands separators, of the first group of the pattern."""
    match = re.search(pattern, read(path))
    if not match:
        sys.exit(f"reference_texts.py: a limit is not in {path} any more: {pattern}")
    number = 1
    for factor in match.group(1).split("*"):
        number *= int(factor.replace("'", "").replace(",", "").strip())
    return f"{number:,}"


def limits():
    return table(["what", "limit"],
                 [[what, text.format(*(number_in(*place) for place in places))]
                  for what, text, *places in LIMITS])


# --- options --------------------------------------------------------------------------------------

def members(path, struct):
    """(name, default, comment) of each member; a comment before it or behind it."""
    body = re.search(rf"struct {struct}\b[^{{]*\{{(.*?)\n\}};", read(path), re.DOTALL).group(1)
    comment = []
    for line in body.split("\n"):
        code, _, words = line.partition("//")
        match = re.match(r"\s*[\w:*<>]+[ *]+(\w+)\s*(?:=\s*([^;]+)|\{([^}]*)\})?;", code)
        if words and not match:
            comment.append(words.strip())
        if match:
            name, default, braced = match.groups()
            default = default or (f"{braced} ms" if braced else "none")
            yield name, default, " ".join([*comment, words.strip()]).strip()
            comment = []


def options(path, struct):
    rows = []
    for name, default, comment in members(path, struct):
        default = default.split("::")[-1].replace("'", ",").replace("nullptr", "null")
        rows.append([f"`{name}`", f"`{default}`", comment or "See below."])
    return table(["option", "default", "meaning"], rows)


# --- server ---------------------------------------------------------------------------------------

def x_rows(path, name):
    """The entries of a `#define NAME(X) …` list, each as its arguments without quotes."""
    text = read(path).replace("\\\n", " ")
    body = re.search(rf"#define {name}\(X\)(.*)", text).group(1)
    for entry in re.findall(r'X\(((?:"[^"]*"|[^()"])*)\)', body):
        yield [quoted or word for quoted, word in re.findall(r'"([^"]*)"|([\w]+)', entry)]


def problems():
    rows = [[f"`{code}`", status, title]
            for _, code, status, title in x_rows("src/server/problem.h", "LIVEDROPS_PROBLEMS")]
    return table(["code", "status", "meaning"], rows)


def authorization():
    grants = {"kNo": "", "kOwn": "own", "kYes": "yes"}
    access = {}
    for name, words in re.findall(r"constexpr Access (k\w+)\{([^}]*)\}",
                                  read("src/server/auth/routes.cc")):
        columns = [word.strip() for word in words.split(",")]
        foreign = " (404)" if len(columns) > 5 else ""
        access[name] = [grants[word] + (foreign if word == "kOwn" else "") for word in columns[:5]]
    rows = []
    for _, method, path, kind, listener, who in x_rows("src/server/auth/routes.h",
                                                       "LIVEDROPS_ROUTES"):
        where = " (internal listener)" if listener == "internal" else ""
        limit = kind.replace("_", " ") if kind != "internal" else ""
        rows.append([f"`{method[1:].upper()} {path}`{where}", *access[who], limit])
    return table(["route", "no token", "user", "creator", "service", "admin", "limit"], rows)


def server_routes():
    """Method, path, meaning, query, body, answer: the table of routes with the texts beside it."""
    texts = re.search(r"constexpr RouteText kTexts\[\] = \{(.*?)\n\};",
                      read("src/server/gateway/openapi.cc"), re.DOTALL).group(1)
    rows = re.findall(r'\{"([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*(\d+),\s*"([^"]*)"\}', texts)
    routes = list(x_rows("src/server/auth/routes.h", "LIVEDROPS_ROUTES"))
    if len(rows) != len(routes):
        sys.exit(f"openapi.cc: {len(rows)} texts for {len(routes)} routes")
    lines = []
    for (_, method, path, *_), (summary, query, body, status, answer) in zip(routes, rows):
        body = body.removeprefix("Optional")
        lines.append([f"`{method[1:].upper()} {path}`", summary,
                      ", ".join(f"`{name}`" for name in query.split()),
                      body and f"`{body}`", f"{status} `{answer}`" if answer else status])
    return table(["route", "what", "query", "body", "answer"], lines)


# --- headers --------------------------------------------------------------------------------------

def public_names(text):
    """What a C++ header declares in the namespace: types, then functions."""
    types = re.findall(r"^(?:class|struct|enum class) (?:\[\[nodiscard\]\] )?(\w+)\b(?!;)",
                       text, re.MULTILINE)
    aliases = re.findall(r"^using (\w+) =", text, re.MULTILINE)
    functions = re.findall(r"^(?:inline |constexpr )*[A-Za-z][\w:]*(?:<.*>)?[&*]? ([A-Z]\w*)\(",
                           text, re.MULTILINE)
    return list(dict.fromkeys(types + aliases + [f"{name}()" for name in functions]))


def headers(folder):
    rows = []
    for path in sorted((ROOT / "include" / "livedrops" / folder).glob("*.h")):
        text = path.read_text(encoding="utf-8")
        if not text.startswith("//"):
            continue  # Of the C API, which has a page of its own.
        about = " ".join(re.match(r"((?:// .*\n)+)", text).group(1).replace("//", " ").split())
        about = re.split(r"(?<=\.) (?=[A-Z])", about)[0].replace("|", "\\|")
        name = path.relative_to(ROOT / "include").as_posix()
        names = ", ".join(f"`{name}`" for name in public_names(text))
        rows.append([f"[`{name}`](../../include/{name})", about, names])
    return table(["header", "what it is", "names"], rows)


def comment_text(comment):
    return " ".join(re.sub(r"\n\s*\*", " ", comment).split())


def c_structs():
    """{struct: its comment} of c_requests.h."""
    found = re.findall(r"/\*((?:(?!\*/).)*)\*/\ntypedef struct (\w+)",
                       read("include/livedrops/c_requests.h"), re.DOTALL)
    return {f"{name}_t": comment_text(comment) for comment, name in found}


def c_functions():
    """Every exported function, by the sections of c.h. A comment is that of the functions below it
    up to a blank line; a command without one does what its request says."""
    text = read("include/livedrops/c.h")
    text, requests = text[text.index('extern "C"'):], c_structs()
    found = ""
    for title, section in re.findall(r"/\* --- ([^-;:]+)(.*?)(?=/\* ---|\Z)", text, re.DOTALL):
        rows = []
        for block in re.split(r"\n\n|(?<=;)\n(?=/\*)", section):
            comment = re.match(r"/\*((?:(?!\*/).)*)\*/\nLD_EXPORT", block, re.DOTALL)
            prototypes = re.findall(r"LD_EXPORT [\w* ]+?(\w+)\(([^;]*)\);", block)
            if comment:
                names = ", ".join(f"`{name}`" for name, _ in prototypes)
                rows.append([names, comment_text(comment.group(1))])
                continue
            for name, arguments in prototypes:
                request = re.search(r"const (ld_\w+_t)\* request\b", arguments).group(1)
                about = requests.get(request, "")
                rows.append([f"`{name}`", f"`{request}`" + (f": {about}" if about else "")])
        found += f"\n### {title.strip().capitalize()}\n\n"
        found += table(["function", "what it does"], rows)
    return found


# --- schema ---------------------------------------------------------------------------------------

def schema_text():
    return read("src/storage/sqlite/schema_sql.h")


def sql_tables():
    """{table: [(column, type)]} of the newest schema."""
    found = {}
    for name, body in re.findall(r"CREATE TABLE (\w+)\((.*?)\n\) STRICT", schema_text(), re.DOTALL):
        lines = (line.strip() for line in body.strip().split("\n"))
        columns = (re.match(r"([a-z_]+) (INTEGER|TEXT|BLOB|ANY)\b(?: (NOT NULL))?", line)
                   for line in lines)
        found[name] = [(column.group(1), column.group(2)) for column in columns if column]
    added = re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+) (\w+)", schema_text())
    for name, column, kind in added:
        found[name].append((column, kind))
    for name, dropped in re.findall(r"ALTER TABLE (\w+) DROP COLUMN (\w+)", schema_text()):
        found[name] = [(column, kind) for column, kind in found[name] if column != dropped]
    return found


def tables():
    found = sql_tables()
    same_names("tables", found, COLUMNS)
    text = ""
    for name, columns in found.items():
        about, meanings = COLUMNS[name]
        same_names(f"columns of {name}", [column for column, _ in columns], meanings)
        rows = [[f"`{column}`", kind, meanings[column]] for column, kind in columns]
        text += f"\n### {name}\n\n{about}\n\n" + table(["column", "type", "meaning"], rows)
    return text


def views():
    joined = re.sub(r'"\s*\n\s*"', "", schema_text())
    found = {name: [column.strip() for column in columns.split(",")]
             for name, columns in re.findall(r"CREATE VIEW (\w+)\(([^)]*)\)", joined)}
    same_names("views", found, VIEW_COLUMNS)
    text = ""
    for name, columns in found.items():
        about, meanings = VIEW_COLUMNS[name]
        same_names(f"columns of {name}", columns, meanings)
        rows = [[f"`{column}`", meanings[column]] for column in columns]
        text += f"\n### {name}\n\n{about}\n\n" + table(["column", "meaning"], rows)
    return text


# --- command line ---------------------------------------------------------------------------------

def help_entries(text, section):
    """(name, meaning) of each entry of a section of a help text; long ones take two lines."""
    body = re.search(rf"^{section}:\n((?:  .*\n|\n(?=  ))*)", text + "\n", re.MULTILINE)
    entries = []
    for line in body.group(1).split("\n") if body else ():
        entry = re.match(r"  (\S.*?)(?:\s{2,}(\S.*))?$", line)
        if entry:
            entries.append([entry.group(1), entry.group(2) or ""])
        elif line.strip():
            entries[-1][1] = f"{entries[-1][1]} {line.strip()}".strip()
    return entries


ENTRY = re.compile(r"(?P<names>[\w,-]+)(?: (?P<value>\w+))?(?::(?P<rule>[^=]+?))?"
                   r"(?:=(?P<default>\S*))?(?P<needed> REQUIRED)?(?: \(Env:\w+\))?$")
NUMBERS = {"INT", "UINT", "FLOAT"}


def option_row(name, meaning):
    entry = ENTRY.match(name)
    value = "N" if entry["value"] in NUMBERS else entry["value"]
    notes = ["demanded"] if entry["needed"] else []
    within = re.search(r"\[(\S+) - (\S+)\]", entry["rule"] or "")
    if within:
        notes.append(f"{within.group(1)} to {within.group(2)}")
    if entry["default"] and "default" not in meaning:
        notes.append(f"default {entry['default']}")
    shown = f"`{entry['names']} {value}`" if value else f"`{entry['names']}`"
    return [shown, meaning + (f" ({', '.join(notes)})" if notes else "")]


def commands(program):
    def ask(*words):
        return subprocess.run([program, *words, "--help"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout
    text = ""
    for command, meaning in help_entries(ask(), "Subcommands"):
        said = ask(command)
        rows = [option_row(*entry) for section in ("Positionals", "Options")
                for entry in help_entries(said, section)
                if not re.match(r"-h,|--json", entry[0])]
        places = {row[0][1:] for row in rows}  # An argument may also be given by its name.
        rows = [row for row in rows if not row[0].startswith("`--") or row[0][3:] not in places]
        text += f"\n### {command}\n\n{meaning[:1].upper()}{meaning[1:]}.\n"
        text += "\n" + table(["option", "meaning"], rows) if rows else ""
    return text


TABLES = {
    "order-outcomes": order_outcomes,
    "command-outcomes": command_outcomes,
    "status-codes": status_codes,
    "order-statuses": lambda: names_of("LIVEDROPS_ORDER_STATUSES"),
    "drop-statuses": lambda: names_of("LIVEDROPS_DROP_STATUSES"),
    "event-types": event_types,
    "invariants": invariants,
    "limits": limits,
    "engine-options": lambda: options("include/livedrops/engine.h", "EngineOptions"),
    "service-options": lambda: options("include/livedrops/service.h", "ServiceOptions"),
    "storage-options": lambda: options("include/livedrops/open.h", "StorageOptions"),
    "relay-options": lambda: options("include/livedrops/relay.h", "RelayOptions"),
    "tables": tables,
    "views": views,
    "problems": problems,
    "authorization": authorization,
    "server-routes": server_routes,
    "c-functions": c_functions,
    "headers": lambda: headers(""),
    "spi-headers": lambda: headers("spi"),
    "testing-headers": lambda: headers("testing"),
    "server-headers": lambda: headers("server"),
}


def generated(text, tables_by_name, used):
    def fill(match):
        name = match.group(2)
        used.add(name)
        kept = name == "commands" and name not in tables_by_name
        return match.group() if kept else match.group(1) + tables_by_name[name]() + match.group(3)
    return BLOCK.sub(fill, text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cli")
    arguments = parser.parse_args()
    check, known = arguments.check, dict(TABLES)
    if arguments.cli:
        known["commands"] = lambda: commands(arguments.cli)
    used, stale = set(), []
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        wanted = generated(text, known, used)
        if wanted != text:
            stale.append(page.name)
            if not check:
                page.write_text(wanted, encoding="utf-8")
    unused = sorted(set(known) - used)
    if unused:
        print(f"docs: no page shows {', '.join(unused)}")
    if check and stale:
        print(f"docs: run docs/generate_reference.py, {', '.join(stale)} differ from the code")
    return 1 if unused or (check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
