"""What the rows of a study that score architectures say together."""

from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from ..scores.correlation_report import format_study, plain, plot_study
from ..scores.correlation_study import Protocol, study
from ..scores.scores_file import read_scores
from ..utils.records import write_json
from .repeats import Repeat
from .seeded_run import SCORES


def compare_scores(
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, Mapping[int, tuple[Path, Repeat]]],
    truths: Optional[Sequence[str]],
    folder: Path,
) -> Optional[str]:
    """Writes ``scores.json`` and ``scores.png`` to ``folder`` and returns the tables as Markdown.

    Runs that have not finished do not count, and of several rows only the seeds that all
    have. None where nothing can be compared.

    Args:
        rows: of the study.
        found: what their runs have left, as of :func:`mmnas_mae.studies.study_table.read_study`.
        truths: true values to compare with, by default those that a benchmark is known for.
        folder: of the study.
    """
    files = {
        row['label']: [path / SCORES for path, repeat in found[row['name']].values() if repeat.finished]
        for row in rows
        if row['scores']
    }
    protocols = [Protocol(label, [read_scores(file) for file in paths]) for label, paths in files.items() if paths]
    if not protocols:
        return None
    compared = study(protocols, truths)
    write_json(folder / 'scores.json', plain(compared), indent=2)
    plot_study(protocols, compared, folder / 'scores.png')
    cost = ', '.join(f'{p.name} {_seconds(p):.1f}' for p in protocols)
    return f'## Scores\n\n{format_study(compared)}\n\nCPU seconds for each architecture: {cost}.\n'


def _seconds(protocol: Protocol) -> float:
    """Mean time of the processor for one architecture."""
    spent = [scores.columns['cpu_seconds'].mean() for scores in protocol.seeds]
    return float(sum(spent) / len(spent))
