"""Files of scores: a Parquet table that says how its scores were made."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence, Union

import numpy as np

from ..utils.errors import one_line
from ..utils.records import replacing

#: Key of the file's metadata.
_KEY = b'mmnas_mae.scores'

#: Columns that are no true value.
OWN_COLUMNS = ('arch', 'score', 'seconds', 'cpu_seconds', 'params', 'connected')


@dataclass(frozen=True)
class Scores:
    """Architectures with scores.

    Args:
        columns: (N,) arrays, as of :func:`mmnas_mae.scores.scores.score_columns`.
        meta: how the scores were made; ``complete`` says whether all that were asked for are there.
    """

    columns: Mapping[str, np.ndarray]
    meta: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.columns['arch'])

    @property
    def truths(self) -> list[str]:
        """Names of the true values."""
        return [name for name in self.columns if name not in OWN_COLUMNS]

    def truth(self, name: str) -> np.ndarray:
        """(N,) true values.

        Raises:
            ValueError: there are none of this name; the message lists what exists.
        """
        if name not in self.truths:
            raise ValueError(f'the scores have no true value {name!r}; there are: {", ".join(self.truths)}')
        return self.columns[name]


def write_scores(path: Union[str, os.PathLike], columns: Mapping[str, Sequence], meta: Mapping[str, Any]) -> None:
    """Writes a file of scores; what is missing (NaN) becomes null. A crash leaves the old file or the new one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: pa.array(np.asarray(values), from_pandas=True) for name, values in columns.items()}
    table = pa.table(arrays).replace_schema_metadata({_KEY: json.dumps(meta, default=str)})
    with replacing(path) as unfinished:
        pq.write_table(table, unfinished)


def read_scores(path: Union[str, os.PathLike]) -> Scores:
    """Reads a file of :func:`write_scores`.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is no file of scores.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not Path(path).is_file():
        raise FileNotFoundError(f'scores {os.fspath(path)!r} do not exist')
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f'{path} cannot be read as Parquet: {one_line(error, kind=False)}') from error
    meta = (table.schema.metadata or {}).get(_KEY)
    missing = [name for name in OWN_COLUMNS if name not in table.column_names]
    if meta is None or missing:
        what = f'it has no column {missing[0]!r}' if missing else 'it does not say how its scores were made'
        raise ValueError(f'{path} is no file of tools/analysis/score_architectures.py: {what}')
    columns = {name: table[name].to_numpy() for name in table.column_names}
    return Scores(columns, json.loads(meta))
