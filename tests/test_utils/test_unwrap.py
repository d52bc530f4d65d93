"""What trains a model on several devices is looked through, and nothing else is."""

from torch import nn

from mmnas_mae.utils.unwrap import unwrap


def test_a_wrapper_is_looked_through_and_a_model_is_itself() -> None:
    model = nn.Linear(2, 2)
    assert unwrap(nn.DataParallel(model)) is model
    assert unwrap(model) is model


def test_an_attribute_of_that_name_does_not_make_a_wrapper() -> None:
    model = nn.Linear(2, 2)
    model.module = nn.Linear(3, 3)
    assert unwrap(model) is model
