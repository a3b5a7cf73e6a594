"""Tables in MATLAB files: vectors and matrices of one length, in a struct, a cell array of structs (people), or as variables."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat

from swaputils.data.table import DataError
from swaputils.files import shown

HDF5 = b"\x89HDF\r\n\x1a\n"
PERSON = "subject"
FEWEST = 2  # entries that make a variable a column


def is_matlab(content: bytes) -> bool:
    """Whether the bytes are those of a MATLAB file of version 5 or 7.3."""
    return content.startswith(b"MATLAB ") or _is_hdf5(content)


def _is_hdf5(content: bytes) -> bool:
    return content.startswith(HDF5) or content[512:520] == HDF5


def read_matlab(path: Path, content: bytes) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Cells as text under the names of the variables, columns of a matrix as name(:,1); and how they were stored."""
    variables = matlab_variables(path, content)
    parts, where = _people(variables)
    tables, passed = [], []
    for person, fields in parts.items():
        table, others = _table(fields)
        passed += others
        if table is not None:
            tables.append(table if person is None or PERSON in table else table.assign(**{PERSON: person}))
    if not tables:
        raise DataError(
            f"{shown(path)}: has no vectors of one length to read as trials; it holds {', '.join(variables) or 'nothing'}. "
            "A MATLAB table is saved as CSV with writetable"
        )
    facts = [f"MATLAB file, {where}"]
    facts += [f"not vectors over trials: {', '.join(dict.fromkeys(passed))}"] if passed else []
    return pd.concat(tables, ignore_index=True), tuple(facts)


def matlab_variables(path: Path, content: bytes) -> dict:
    """The variables of a MATLAB file of version 5 or 7.3; DataError where it is damaged."""
    try:
        read = _read_hdf5(path, content) if _is_hdf5(content) else loadmat(io.BytesIO(content), simplify_cells=True)
    except DataError:
        raise
    except Exception as error:  # a damaged file raises whatever its reader stumbles over
        raise DataError(f"{shown(path)}: is not a whole MATLAB file ({error})") from error
    return {name: value for name, value in read.items() if not name.startswith("__")}


def _people(variables: dict) -> tuple[dict[str | None, dict], str]:
    """The structs that hold trials, by person where there are several."""
    structs = {name: value for name, value in variables.items() if isinstance(value, dict)}
    for name, value in variables.items():
        if isinstance(value, (list, np.ndarray)) and len(value) and all(isinstance(one, dict) for one in value):
            people: dict[str | None, dict] = {str(number): one for number, one in enumerate(value, start=1)}
            return people, f"{len(people)} people in '{name}', named by their place in it"
    if len(structs) == 1:
        name, fields = next(iter(structs.items()))
        inner = [key for key, value in fields.items() if isinstance(value, dict)]
        if inner and len(inner) == len(fields):
            return {key: fields[key] for key in inner}, f"one person in each field of '{name}'"
        return {None: fields}, f"the fields of '{name}'"
    if len(structs) > 1:
        return {**structs}, "one person in each of " + ", ".join(f"'{name}'" for name in structs)
    return {None: variables}, "its variables"


def _table(fields: dict) -> tuple[pd.DataFrame | None, list[str]]:
    """Vectors of the commonest length as columns, with the matrices and single values that go with them."""
    arrays = {name: np.squeeze(np.asarray(value)) for name, value in fields.items() if not isinstance(value, dict)}
    lengths = Counter(array.shape[0] for array in arrays.values() if array.ndim == 1 and array.size >= FEWEST)
    if not lengths:
        return None, list(fields)
    trials = lengths.most_common(1)[0][0]
    columns, passed = {}, [name for name in fields if name not in arrays]
    for name, array in arrays.items():
        if array.shape == (trials,):
            columns[name] = array
        elif array.ndim == 0 and array.size:
            columns[name] = np.full(trials, array[()], dtype=object)
        elif array.ndim == 2 and trials in array.shape:
            over = array if array.shape[0] == trials else array.T
            place = "(:,{})" if array.shape[0] == trials else "({},:)"
            columns |= {name + place.format(k + 1): over[:, k] for k in range(over.shape[1])}
        else:
            passed.append(name)
    text = {name: [_text(value) for value in values] for name, values in columns.items()}
    return pd.DataFrame(text, dtype=object), passed


def _text(value: object) -> str | None:
    """A value as a cell; whole numbers without a point."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, float, np.number)):
        number = float(value)
        if np.isnan(number):
            return None
        return str(int(number)) if number.is_integer() else repr(number)
    text = str(value).strip()
    return text if isinstance(value, str) and text else None


def _read_hdf5(path: Path, content: bytes) -> dict:
    """The variables of a file of version 7.3."""
    try:
        import h5py  # only here: it takes a while, and most files are not of this kind
    except ModuleNotFoundError as error:
        fault = f"{shown(path)}: is a MATLAB file of version 7.3, which needs h5py (pip install h5py)"
        raise DataError(fault) from error
    with h5py.File(io.BytesIO(content), "r") as file:
        return {name: _of_hdf5(file[name], file) for name in file if not name.startswith("#")}


def _of_hdf5(node, file) -> object:
    """What `loadmat` would give for it: arrays with MATLAB's order of axes, structs as dicts, cells as lists."""
    if hasattr(node, "keys"):  # a group
        fields = {name: _of_hdf5(node[name], file) for name in node}
        several = [value for value in fields.values() if isinstance(value, list)]
        if several and len(several) == len(fields) and len({len(value) for value in several}) == 1:
            return [dict(zip(fields, values)) for values in zip(*fields.values())]  # an array of structs
        return fields
    values = node[()]
    if node.attrs.get("MATLAB_empty", 0):
        return np.array([])
    if node.dtype == object:  # references
        return [_of_hdf5(file[reference], file) for reference in values.flatten(order="C")]
    if node.attrs.get("MATLAB_class") == b"char":
        return "".join(chr(code) for code in values.flatten())
    return np.asarray(values).T
