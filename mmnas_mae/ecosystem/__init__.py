"""Where users of mmpretrain, timm, dashboards and the hub of models look for what this package has."""

from .dashboard_hook import DashboardHook
from .dashboards import Dashboards
from .hub_classifier import HubClassifier
from .mlflow_vis_backend import MLflowVisBackend

__all__ = ['DashboardHook', 'Dashboards', 'HubClassifier', 'MLflowVisBackend']
