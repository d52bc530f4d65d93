"""MLflow as a backend of MMEngine's visualizer."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.visualization import MLflowVisBackend as _Backend

from ..registry import VISBACKENDS


@VISBACKENDS.register_module()
class MLflowVisBackend(_Backend):
    """MMEngine's, with a store that current versions of MLflow take, and pictures with a step.

    Without ``tracking_uri`` and ``MLFLOW_TRACKING_URI`` the store is ``mlflow.db`` in the work directory, an SQLite
    file for ``mlflow ui --backend-store-uri sqlite:///<work directory>/mlflow.db``, with the pictures in
    ``mlflow_artifacts`` beside it. MMEngine would take a folder, which current versions of MLflow refuse; and it would
    name a picture such that MLflow could not tell the format of its file.

    Args:
        save_dir: ``vis_data`` of a start, in its folder in the work directory.
        kwargs: of MMEngine's ``MLflowVisBackend``, such as ``exp_name``, ``run_name`` and ``tracking_uri``.
    """

    def __init__(self, save_dir: str, **kwargs: Any) -> None:
        known = dict(exp_name='mmnas_mae', tracking_uri=os.environ.get('MLFLOW_TRACKING_URI'))
        if not (kwargs.get('tracking_uri') or known['tracking_uri']):
            folder = Path(save_dir).resolve().parents[1]
            known.update(tracking_uri=f'sqlite:///{folder / "mlflow.db"}')
            known.update(artifact_location=(folder / 'mlflow_artifacts').as_uri())
            # MMEngine would copy logs and settings of the work directory, these copies included at every start.
            known.update(artifact_suffix=())
        super().__init__(save_dir, **{**known, **kwargs})

    def add_image(self, name: str, image: np.ndarray, step: int = 0, **kwargs: Any) -> None:
        """Logs a picture.

        Args:
            name: of the series of pictures.
            image (np.ndarray): (H, W, 3) uint8, RGB.
            step: its place in the series.
        """
        self.experiment.log_image(image, key=name, step=step)
