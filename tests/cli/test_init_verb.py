"""`mock-alohub init`, as a newcomer meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mock_alohub.cli.settings_template import OF_A_STARTER, settings_text
from mock_alohub.cli.starter import RECIPES, STARTERS, Recipe, Starter
from tests.cli.running import ROOT, environment, process, run
from tests.test_examples import KEY, started

FILE = Path("mock-alohub.toml")
GITHUB = RECIPES["github"].target
each_starter = pytest.mark.parametrize("starter", STARTERS.values(), ids=lambda one: one.name)
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda one: one.name)
LIMITED = """
import resource, sys
from mock_alohub.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_it_writes_the_settings_and_says_what_to_type_next() -> None:
    done = run("init")
    assert (done.code, done.out, there(Path())) == (0, "mock-alohub.toml\n", {"mock-alohub.toml"})
    assert FILE.read_text() == settings_text({})
    assert done.err == (
        "next:\n"
        "  ${EDITOR:-vi} mock-alohub.toml   # url: where your endpoint listens\n"
        "  export MOCK_ALOHUB_KEY=the-key-your-endpoint-expects\n"
        "  mock-alohub check\n"
    )


@each_starter
def test_a_starter_is_the_example_to_the_byte(starter: Starter) -> None:
    done = run("init", "--endpoint", starter.name)
    assert done.code == 0
    assert there(Path()) == {"mock-alohub.toml", *starter.files} == set(done.out.split())
    assert FILE.read_text() == settings_text(OF_A_STARTER)
    assert {name: Path(name).read_bytes() for name in starter.files} == {
        name: (ROOT / starter.folder / name).read_bytes() for name in starter.files
    }


@each_starter
def test_the_next_commands_are_those_of_the_starter_and_the_folder(starter: Starter) -> None:
    done = run("init", "my partner", "--endpoint", starter.name)
    assert done.err.splitlines() == [
        "next:",
        f"  cd 'my partner' && {starter.install}",
        f"  ALOHUB_WEBHOOK_KEY=change-me {starter.start}",
        f"  cd '{Path('my partner').resolve()}' && MOCK_ALOHUB_KEY=change-me mock-alohub check   # in a second shell",
    ]


def test_a_starter_passes_a_strict_check_by_the_written_settings(tmp_path: Path) -> None:
    assert run("init", "partner", "--endpoint", "flask").code == 0
    folder = tmp_path / "partner"
    with started([sys.executable, "app.py"], folder) as running:
        written = (folder / FILE).read_text()
        # The one change: a port that is free on this machine now.
        (folder / FILE).write_text(written.replace(":8000/", f":{running.port}/"))
        # All rules are tried on the example itself; here, those that need the key and the effects.
        env = environment(MOCK_ALOHUB_KEY=KEY, MOCK_ALOHUB_RULE="auth idempotency")
        done = process("check", "--strict", env=env, cwd=folder)
    assert (done.code, done.out.partition(" ")[0]) == (0, "PASS"), done.said
    assert "--effects" not in done.said, "rules were skipped for want of effects"


@each_recipe
def test_a_recipe_goes_where_its_system_looks(recipe: Recipe) -> None:
    assert run("init", "--ci", recipe.name).out.split() == ["mock-alohub.toml", recipe.target]
    assert Path(recipe.target).read_bytes() == (ROOT / recipe.file).read_bytes()


def test_a_recipe_beside_a_starter_runs_its_commands() -> None:
    done = run("init", "--endpoint", "express", "--ci", "gitlab")
    recipe = Path(".gitlab-ci.yml").read_text()
    assert ("- npm ci\n" in recipe, "- node server.js > endpoint.log" in recipe, "requirements.txt" in recipe) == (
        True, True, False,
    )  # fmt: skip
    assert done.err.splitlines()[-1] == "  ${EDITOR:-vi} .gitlab-ci.yml   # its image must have Node.js as well"


def test_a_recipe_can_be_added_to_settings_that_are_there() -> None:
    FILE.write_text("strict = true\n")
    done = run("init", "--ci", "github")
    assert (done.code, done.out, FILE.read_text()) == (0, f"{GITHUB}\n", "strict = true\n")
    assert done.err.startswith("mock-alohub.toml is kept as it is\nnext:\n")


def test_a_recipe_can_be_added_to_settings_of_the_project() -> None:
    Path("pyproject.toml").write_text("[tool.mock-alohub]\nstrict = true\n")
    done = run("init", "--ci", "github")
    assert (done.code, done.out) == (0, f"{GITHUB}\n")
    assert not FILE.exists()


def test_settings_of_the_project_are_not_put_out_of_force() -> None:
    Path("pyproject.toml").write_text("[tool.mock-alohub]\nstrict = true\n")
    done = run("init", "--endpoint", "flask")
    assert (done.code, there(Path())) == (2, {"pyproject.toml"})
    assert done.err.startswith("error: settings stand in pyproject.toml, [tool.mock-alohub]; mock-alohub.toml would ")


def test_a_file_that_is_there_keeps_everything_from_being_written() -> None:
    Path("app.py").write_text("mine")
    Path("README.md").write_text("mine, too")
    done = run("init", "--endpoint", "flask", "--ci", "github")
    assert (done.code, done.out, there(Path())) == (2, "", {"app.py", "README.md"})
    assert Path("app.py").read_text() == "mine"
    assert done.err == (
        "error: `app.py` and `README.md` exist already, so nothing was written\n"
        "  hint: move them away, or name another folder: mock-alohub init FOLDER --endpoint flask --ci github\n"
    )


def test_a_second_run_changes_nothing() -> None:
    run("init")
    FILE.write_text("mine = 1")
    done = run("init")
    assert (done.code, FILE.read_text()) == (2, "mine = 1")
    assert done.err.startswith("error: `mock-alohub.toml` exists already, so nothing was written\n")


@pytest.mark.parametrize("name", ["gitlab", "jenkins"])
def test_what_builds_everything_else_as_well_is_left_to_its_owner(name: str) -> None:
    recipe = RECIPES[name]
    Path(recipe.target).write_text("mine")
    done = run("init", "--ci", name)
    assert (done.code, there(Path())) == (2, {recipe.target})
    assert f"hint: leave --ci away, and copy what you need from {ROOT / recipe.file} into it" in done.err


def test_a_link_to_nothing_is_not_written_through() -> None:
    FILE.symlink_to("elsewhere.toml")
    done = run("init")
    assert (done.code, there(Path())) == (2, {"mock-alohub.toml"})


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("file", "error: `file` is a file, not a folder"),
        ("file/inside", "error: cannot write `file/inside/mock-alohub.toml`: not a directory"),
        ("lost", "error: `lost` is a symbolic link to nothing"),
        ("", "error: FOLDER is empty"),
    ],
)
def test_what_is_no_folder_is_said(folder: str, said: str) -> None:
    Path("file").write_text("")
    Path("lost").symlink_to("nowhere")
    done = run("init", folder)
    assert (done.code, done.err.splitlines()[0], there(Path())) == (2, said, {"file", "lost"})


def test_folders_that_are_missing_are_made(tmp_path: Path) -> None:
    assert run("init", tmp_path / "a" / "b").out == f"{tmp_path}/a/b/mock-alohub.toml\n"


def test_a_disk_without_room_for_all_gets_nothing(tmp_path: Path) -> None:
    # The limit on the size of a file stands for the end of the disk: the lock file of npm does not fit.
    limit = str((ROOT / "examples/express_endpoint/package-lock.json").stat().st_size - 1)
    command = [sys.executable, "-c", LIMITED, limit, "init", "partner", "--endpoint", "express"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, there(tmp_path)) == (2, "", set())
    assert done.stderr.startswith("error: cannot write `partner/package-lock.json`: file too large\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_list_that_cannot_be_printed_is_a_mistake(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mock_alohub", "init"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "error: cannot write to standard output: no space left on device\n"


def test_the_key_of_the_environment_is_written_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_KEY", KEY)
    done = run("init", "--endpoint", "flask", "--ci", "github")
    texts = [path.read_text() for path in Path().rglob("*") if path.is_file()]
    assert len(texts) == 6
    assert [text for text in (*texts, done.said) if KEY in text] == []


def test_settings_that_are_broken_here_do_not_matter_elsewhere() -> None:
    FILE.write_text("no such setting")
    assert run("init", "elsewhere").code == 0


def test_the_endpoint_of_the_stand_in_is_no_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_ALOHUB_ENDPOINT", "http://127.0.0.1:8000/hook")
    assert run("init").out == "mock-alohub.toml\n"


@pytest.mark.parametrize(("option", "name", "near"), [("--endpoint", "flsk", "flask"), ("--ci", "gitlb", "gitlab")])
def test_a_name_that_is_misspelt_is_answered_with_the_nearest(option: str, name: str, near: str) -> None:
    done = run("init", option, name)
    assert (done.code, there(Path())) == (2, set())
    assert f"`{name}`; did you mean `{near}`?" in done.err
