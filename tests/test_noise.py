"""Noise levels: their spacing, and the level nearest to a given noise."""

from __future__ import annotations

import pytest
import torch

from proteingraph.noise import NoiseSchedule


def test_the_paper_schedule():
    sigmas = NoiseSchedule().sigmas
    assert sigmas.shape == (61,) and sigmas.dtype == torch.float32
    assert sigmas[0] == 10.0 and sigmas[-1].item() == pytest.approx(0.01)
    torch.testing.assert_close(
        sigmas[1:] / sigmas[:-1], torch.full((60,), 1000 ** (-1 / 60)), rtol=1e-5, atol=0.0
    )


def test_geometric_steps():
    torch.testing.assert_close(
        NoiseSchedule(8.0, 0.5, 5).sigmas, torch.tensor([8.0, 4.0, 2.0, 1.0, 0.5])
    )
    assert NoiseSchedule(0.3, 0.3, 1).sigmas.tolist() == [pytest.approx(0.3)]
    assert NoiseSchedule(2.0, 2.0, 3).sigmas.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("schedule", [NoiseSchedule(), NoiseSchedule(5.0, 0.5, 2)])
def test_a_level_is_nearest_to_its_own_noise(schedule, dtype):
    levels = schedule.nearest_level(schedule.sigmas.to(dtype))
    assert levels.dtype == torch.long and levels.tolist() == list(range(schedule.levels))


def test_nearest_on_the_logarithmic_scale_and_within_the_ends():
    schedule = NoiseSchedule(8.0, 0.5, 5)
    sigma = torch.tensor([[100.0, 5.7], [5.6, 3.0], [0.6, 1e-6]])
    assert schedule.nearest_level(sigma).tolist() == [[0, 0], [1, 1], [4, 4]]
    assert NoiseSchedule(0.3, 0.3, 1).nearest_level(sigma).tolist() == [[0, 0]] * 3
    assert NoiseSchedule(2.0, 2.0, 3).nearest_level(torch.tensor([2.0, 9.0])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("largest", "smallest", "levels", "says"),
    [
        (1.0, 2.0, 5, "from largest to smallest"),
        (1.0, 0.0, 5, "from largest to smallest"),
        (float("nan"), 0.1, 5, "from largest to smallest"),
        (1.0, 0.1, 1, "1 noise levels cannot span"),
        (1.0, 1.0, 0, "0 noise levels cannot span"),
        (float("inf"), 0.1, 5, "finite"),
    ],
)
def test_schedules_that_make_no_sense(largest, smallest, levels, says):
    with pytest.raises(ValueError, match=says):
        NoiseSchedule(largest, smallest, levels)


def test_schedules_are_values():
    assert NoiseSchedule() == NoiseSchedule(10.0, 0.01, 61)
    text = "NoiseSchedule(largest=1.0, smallest=0.5, levels=2, tilt=1.0)"
    assert str(NoiseSchedule(1.0, 0.5, 2)) == text


def test_levels_are_drawn_alike_or_small_noise_more_often() -> None:
    def shares(tilt: float) -> torch.Tensor:
        schedule = NoiseSchedule(levels=4, tilt=tilt)
        generator = torch.Generator().manual_seed(0)
        draws = torch.tensor([schedule.draw(generator) for _ in range(8000)])
        return torch.bincount(draws, minlength=4) / len(draws)

    # The share of the first m levels of n is (m / n) ** tilt; 0.02 is over three deviations.
    torch.testing.assert_close(shares(1.0), torch.full((4,), 0.25), atol=0.02, rtol=0)
    squares = torch.tensor([1.0, 3.0, 5.0, 7.0]) / 16
    torch.testing.assert_close(shares(2.0), squares, atol=0.02, rtol=0)


@pytest.mark.parametrize("tilt", [0.0, -1.0, float("inf"), float("nan")])
def test_a_tilt_that_cannot_be_is_refused(tilt: float) -> None:
    with pytest.raises(ValueError, match="tilt"):
        NoiseSchedule(tilt=tilt)
