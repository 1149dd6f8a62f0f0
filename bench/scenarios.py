"""The scenarios of `bench.limit`: how many pictures, and how the service behaves."""

from dataclasses import dataclass

from bench.tasks import Rules, floor_s

FIVE_IN_A_HUNDRED = 28
"""A seed with which 5 of the first 100 pictures fail at first, and none again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A measurement. `aims` are Peitu's goals in words; peers are measured, too, if `with_peers`."""

    key: str
    title: str
    images: int
    at_once: int
    rules: Rules
    aims: str = ""
    with_peers: bool = True

    @property
    def floor_s(self) -> float:
        """The seconds that no client can save."""
        return floor_s(self.rules, images=self.images, at_once=self.at_once)


def scenarios(*, quick: bool) -> list[Scenario]:
    """Return the scenarios; the `quick` ones only show that everything works."""
    return [_waves(quick), _limit(quick), _late(quick), *_growth(quick)]


def _waves(quick: bool) -> Scenario:
    seconds, images, at_once = (2.0, 50, 25) if quick else (8.0, 200, 50)
    return Scenario(
        key="1",
        title=f"{images} pictures of {seconds:g} s, {at_once} at a time, no limit",
        images=images,
        at_once=at_once,
        rules=Rules(seconds=(seconds, seconds), running=at_once),
        aims="at most 33.5 s, 4 polls a picture, 150 MiB",
    )


def _limit(quick: bool) -> Scenario:
    images, seconds = (20, (1.0, 4.0)) if quick else (100, (5.0, 20.0))
    return Scenario(
        key="2",
        title=f"{images} pictures of {seconds[0]:g}-{seconds[1]:g} s, 2 submits a second enforced, 5 % of tasks fail",
        images=images,
        at_once=images,
        rules=Rules(seconds=seconds, submits_per_s=2, failing=0.05, seed=FIVE_IN_A_HUNDRED),
        aims="all pictures, at most 1.1 x the floor, no 429",
    )


def _late(quick: bool) -> Scenario:
    images, at_once = (40, 20) if quick else (200, 40)
    seconds = (1.0, 4.0) if quick else (5.0, 20.0)
    return Scenario(
        key="3",
        title=f"{images} pictures of {seconds[0]:g}-{seconds[1]:g} s, {at_once} at a time, no limit",
        images=images,
        at_once=at_once,
        rules=Rules(seconds=seconds, running=at_once, seed=3),
        aims="half a second late at the median, 6 polls a picture",
    )


def _growth(quick: bool) -> list[Scenario]:
    return [
        Scenario(
            key="4",
            title=f"{images} pictures of 0.5 s, 50 at a time, no limit",
            images=images,
            at_once=50,
            rules=Rules(seconds=(0.5, 0.5), latency_s=0.005, running=50),
            aims="processor time, memory and bytes a picture are flat",
            with_peers=False,
        )
        for images in ((50, 200) if quick else (100, 1000, 10_000))
    ]
