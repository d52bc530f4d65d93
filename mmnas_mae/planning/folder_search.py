"""A search on a folder of images from one call, with settings by the images and the machine."""

import os
import zlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Union

from ..apis.training import load_config, train
from ..report.report import write_report
from ..report.report_sections import cell, curves, verdict
from ..report.search_history import SearchHistory, read_search
from ..spaces import Genotype
from .machine import look_at_machine
from .search_plan import CONFIG, plan_search

#: A notebook is narrower than the page of a search, and has no style for its parts.
_STYLE = (
    '<style>.mmnas-search svg { max-width: 100%; height: auto } .mmnas-search pre { overflow-x: auto } '
    '.mmnas-search figure { margin: 8px 0 } .mmnas-search ul { list-style: none; padding: 0 }</style>\n'
)


@dataclass(frozen=True)
class SearchResult:
    """What a search has left. In a notebook it shows itself: verdict, cell and curves.

    Args:
        work_dir: its folder.
        config: the config that it ran, every setting in it.
        report: the page of the search.
    """

    work_dir: Path
    config: Path
    report: Path

    @property
    def genotype(self) -> Genotype:
        """What was found, as :func:`mmnas_mae.build_backbone` takes it.

        Raises:
            ValueError: nothing was found yet.
        """
        found = self.history.genotype
        if found is None:
            raise ValueError(f'work directory {str(self.work_dir)!r} has no genotype yet')
        return found

    @property
    def history(self) -> SearchHistory:
        """Everything that was recorded."""
        return read_search(self.work_dir)

    def _repr_html_(self) -> str:
        history = self.history
        # Ids of several results on one page must differ.
        prefix = f'search-{zlib.crc32(str(self.work_dir.resolve()).encode())}-'
        parts = [section(history, prefix) for section in (verdict, cell, curves)]
        head = f'Search {self.work_dir}; the whole report: {self.report}'
        return f'{_STYLE}<div class="mmnas-search"><p>{escape(head)}</p>\n{"".join(parts)}</div>'


def search(
    folder: Union[str, os.PathLike],
    *,
    work_dir: Union[None, str, os.PathLike] = None,
    size: Optional[int] = None,
    patch_size: Optional[int] = None,
    batch_size: Optional[int] = None,
    epochs: Optional[int] = None,
    workers: Optional[int] = None,
    device: Optional[str] = None,
    hours: float = 12.0,
    options: Optional[Mapping[str, Any]] = None,
    resume: bool = False,
    overwrite: bool = False,
    trust_checkpoint: bool = False,
    say: Callable[[str], None] = print,
) -> SearchResult:
    """Searches an architecture on a folder of images without labels, and writes its report.

    What is not given is chosen by the images and the machine, and said with its reason and the time it will take.

    Args:
        folder: images in it and in all folders below it, or Parquet files.
        work_dir: where the search works; ``work_dirs/search_<name of the folder>`` by default.
        size: side of what the network sees, in pixels.
        patch_size: side of a masked patch in pixels.
        batch_size: images of a step.
        epochs: passes over the images.
        workers: processes that read images, for each of the two halves of a step.
        device: ``cpu`` or ``cuda``; a GPU where there is one by default.
        hours: that it should take at most, where ``epochs`` is not given.
        options: settings that override the config, by dotted keys.
        resume: goes on from the last checkpoint in the work directory, with the settings it was started with.
        overwrite: removes an earlier search from the work directory, which is refused otherwise.
        trust_checkpoint: reads checkpoints that execute something when they are read.
        say: gets what is chosen, line by line.

    Returns:
        SearchResult: the search on disk.

    Raises:
        FileNotFoundError: there are no images.
        RuntimeError: too many images cannot be read.
        SetupError: the settings cannot be run.
        ValueError: an argument cannot be, or the work directory holds an earlier search.

    Example:
        >>> found = search('photos', hours=1)
        >>> backbone = mmnas_mae.build_backbone(found.genotype)
    """
    place = Path(work_dir or Path('work_dirs', f'search_{Path(folder).resolve().stem}'))
    config = place / Path(CONFIG).name
    machine = look_at_machine(device)
    if resume and config.is_file():
        cfg = load_config(config, options, place)
        say(f'going on with {config}')
    else:
        given = dict(size=size, patch_size=patch_size, batch_size=batch_size, epochs=epochs, workers=workers)
        plan = plan_search(folder, machine, given, hours, options)
        for line in plan.lines():
            say(line)
        cfg = load_config(CONFIG, plan.options, place)
        # Reasons stand in the config that the run leaves.
        cfg.choices = {name: choice._asdict() for name, choice in plan.choices.items()}
        say(f'{"config":<11} {config}, with every setting')
    cfg.resume = resume
    train(cfg, overwrite, trust_checkpoint)
    return SearchResult(place, config, write_report(place))
