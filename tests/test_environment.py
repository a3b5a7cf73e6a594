"""The lists of what the project needs agree with one another and with what is installed."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from swapbook.build.site import INDEX

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = ("book", "test")
PLATFORMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
)
# torch itself says which releases of its GPU libraries it takes, and only some of its builds need them
GPU_LIBRARIES = ("nvidia-", "cuda-", "triton")


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def needed(requirement: Requirement, found: dict[str, list[Requirement]]) -> None:
    """Add to `found`, by name, the requirement and all that it needs on any of the platforms."""
    name = canonicalize_name(requirement.name)
    if name.startswith(GPU_LIBRARIES):
        return
    visited = any(set(requirement.extras) <= set(earlier.extras) for earlier in found.get(name, []))
    found.setdefault(name, []).append(requirement)
    if visited:
        return
    try:
        children = [Requirement(text) for text in requires(name) or []]
    except PackageNotFoundError:
        return
    for child in children:
        settings = [platform | {"extra": extra} for platform in PLATFORMS for extra in ("", *requirement.extras)]
        if child.marker is None or any(child.marker.evaluate(setting) for setting in settings):
            needed(child, found)


def all_needed() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    direct = PROJECT["dependencies"] + [line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra]]
    for text in direct:
        needed(Requirement(text), found)
    return found


def test_every_requirement_has_a_fitting_exact_pin_and_every_pin_is_needed():
    pinned, found = pins(), all_needed()
    assert set(pinned) == set(found)
    for name, pin in pinned.items():
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert all(requirement.specifier.contains(specifier.version) for requirement in found[name]), name


def test_installed_versions_are_the_pinned_ones():
    installed = {}
    for name in pins():
        try:
            installed[name] = Version(version(name)).public  # the local part names the build, as in +cpu
        except PackageNotFoundError:
            assert name == "appnope" and sys.platform != "darwin"  # needed on macOS only
    assert installed == {name: str(next(iter(pins()[name].specifier)).version) for name in installed}


def test_the_release_is_the_same_where_it_is_installed_cited_and_told():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    told = re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert PROJECT["version"] == cited["version"] == version(PROJECT["name"])
    assert told == f"{cited['version']} ({cited['date-released']})"


def test_the_build_tool_is_pinned_to_the_installed_version():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert tools == [str(pins()["setuptools"])]


def test_conda_gives_python_and_pip_installs_the_pins():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, block = conda["dependencies"]
    assert (pip, block) == ("pip", {"pip": ["-c constraints.txt", f"-e .[{','.join(EXTRAS)}]"]})
    name, release = python.split("=")
    assert name == "python"
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{release}.0")
    assert sys.version_info[:2] == tuple(int(part) for part in release.split("."))


def test_a_public_host_runs_what_the_project_runs_on_each_python_that_it_supports():
    """YAML reads the key `on` as true."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text())
    assert set(workflow) == {"name", True, "permissions", "jobs"}
    tests, book = workflow["jobs"]["tests"], workflow["jobs"]["book"]
    assert ".ci/run" in [step.get("run") for step in tests["steps"]]
    assert "make book" in [step.get("run") for step in book["steps"]]
    pythons = SpecifierSet(PROJECT["requires-python"])
    assert all(pythons.contains(python) for python in tests["strategy"]["matrix"]["python"])
    assert book["steps"][-1]["with"]["path"] == f"build/book/{INDEX.parent}"
