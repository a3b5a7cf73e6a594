"""Make an executed notebook independent of when, where and by whom it was executed."""

from nbformat import NotebookNode

UNSHOWN = {"remove-output", "remove-stderr", "remove-cell"}


def _is_progress(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stderr"


def normalise(notebook: NotebookNode) -> None:
    """Drop, in place, timings, papermill's and the kernel's details, and the progress bars of cells whose output is unshown."""
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": tags} if tags else {})
        if cell.cell_type == "code" and UNSHOWN & set(tags):
            cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
