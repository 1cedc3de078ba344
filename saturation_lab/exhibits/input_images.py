"""A contact sheet of the input images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from saturation_lab.examples import shared_examples
from saturation_lab.exhibits.exhibit import SQUARE_IMAGES, Exhibit, Shown
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.images import contact_sheet
from saturation_lab.study import Study

_MOST = 60
"""Show at most this many images, the first ones."""


def _make(material: Material) -> Shown:
    study = study_of(material.first)
    source = study.input_source
    some = f"The first {_MOST} of the" if study.examples > _MOST else "All"
    said = (
        f"{some} {study.examples:,} input images, which are the same for every network, each with "
        f"its label ({', '.join(source.classes)}). {source.description}."
    )
    return Shown(
        table=_images(study),
        draw=contact_sheet,
        how=said,
        alt=said,
        footer=material.footer,
        photo=True,
    )


def _images(study: Study) -> pd.DataFrame:
    """Return the table ``images(example, label, pixel, value)`` of the images shown."""
    examples = shared_examples(study)
    assert examples is not None
    x = examples.x[:_MOST]
    count, pixels = x.shape
    chosen = [] if examples.labels is None else examples.labels[:count].tolist()
    labels = [study.input_source.classes[i] for i in chosen] or [""] * count
    return pd.DataFrame(
        {
            "example": np.repeat(np.arange(count), pixels),
            "label": np.repeat(labels, pixels),
            "pixel": np.tile(np.arange(pixels), count),
            "value": x.reshape(-1),
        }
    )


CONTACT_SHEET: Exhibit = Exhibit(
    id="contact_sheet", title="The inputs", make=_make, needs=(SQUARE_IMAGES,)
)
