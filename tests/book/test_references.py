"""What the library shows beside a user's recording is what the stored networks and published values give."""

import pandas as pd

from swapbook.cortex import compared
from swapbook.cortex.reference_values import references


def test_the_packaged_references_are_those_of_the_stored_networks():
    assert compared.is_stored("references")
    stored = compared.comparison("references")
    pd.testing.assert_frame_equal(stored, references(), rtol=1e-5, check_dtype=False)
    assert stored["citation"].str.len().min() > 20 and len(set(stored["who"])) == 5
