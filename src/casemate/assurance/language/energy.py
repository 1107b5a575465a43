"""What an evaluation took, and what that may be in energy: estimates with their constants beside them.

Measured: CPU seconds, the largest memory of the process, seconds, tokens. Not measured: energy, as
virtual machines have no meter. Our own account takes constants for a thread and for memory, both named;
codecarbon's formula stands beside it, with its fixed 20 W for memory shown as what it is: most of its
figure on a small machine. Neither counts cooling, networks, or the making of the machine (SCI's M), which
is taken for 0, so that the SCI given is a lower bound (ISO/IEC 21031:2024, SCI = (E * I + M) / R).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.assurance.language.trial import Done
from casemate.errors import BadInput

WATTS_A_THREAD = 4.0  # codecarbon's constant in its CPU load mode, for processors it does not know
WATTS_A_GIB = 0.392 * 1.073741824  # Cloud Carbon Footprint: 0.392 W for a gigabyte of memory
CODECARBON_MEMORY_WATTS = 20.0  # what codecarbon takes for a machine of this size, used or not
_JOULES = 3.6e6  # of a kWh


@dataclass(frozen=True)
class Grid:
    """Grams of CO2 equivalent for a kWh, and who says so."""

    country: str
    grams_a_kwh: float
    source: str


@cache
def grid_of(country: str) -> Grid:
    """The factor that codecarbon's data has for a country (ISO 3166 alpha-3)."""
    try:
        place = files("codecarbon").joinpath("data/private_infra/global_energy_mix.json")
        told = json.loads(place.read_text(encoding="utf-8"))
    except (ModuleNotFoundError, FileNotFoundError):
        raise BadInput(
            "the factor of the grid comes with codecarbon: pip install 'casemate[models]'"
        ) from None
    if country not in told:
        raise BadInput(f"there is no factor for {country!r}; countries are as LUX, FRA, DEU")
    found = told[country]
    return Grid(
        country,
        float(found["carbon_intensity"]),
        f"codecarbon's table of energy mixes, {found['country_name']} {found['year']}",
    )


def account(
    done: Iterable[Done], threads: int, cores: int, grid: Grid, *, local: bool
) -> dict[str, Any]:
    """The use of a run: its answers' sums, two estimates, and what each is made of."""
    every = list(done)
    cpu, wall = sum(one.cpu_seconds for one in every), sum(one.seconds for one in every)
    peak = max((one.peak_bytes for one in every), default=0)
    replies = [reply for one in every for reply in one.answer.replies]
    processor = cpu * WATTS_A_THREAD / _JOULES
    memory = wall * peak / 2**30 * WATTS_A_GIB / _JOULES
    kwh = processor + memory
    return {
        "of": "this machine" if local else "this machine, which only asks: not the endpoint's",
        "cpu_seconds": round(cpu, 3),
        "seconds": round(wall, 3),
        "peak_memory_bytes": peak,
        "threads": threads,
        "tokens": sum(one.tokens_in + one.tokens_out for one in replies),
        "tokens_in": sum(one.tokens_in for one in replies),
        "tokens_out": sum(one.tokens_out for one in replies),
        "prompts": len(replies),
        "kwh": kwh,
        "kwh_of_processor": processor,
        "kwh_of_memory": memory,
        "method": (
            f"estimate: CPU seconds at {WATTS_A_THREAD:g} W a thread (codecarbon's constant), the "
            f"largest memory used at {WATTS_A_GIB:.3f} W a GiB (Cloud Carbon Footprint)"
        ),
        "grid": {"country": grid.country, "g_a_kwh": grid.grams_a_kwh, "source": grid.source},
        "g_co2e": kwh * grid.grams_a_kwh,
        "sci_g_a_prompt": kwh * grid.grams_a_kwh / len(replies) if replies else None,
        "sci_note": "the making of the machine is not known and taken for 0: a lower bound",
        "codecarbon": _codecarbon(cpu, wall, cores),
    }


def _codecarbon(cpu: float, wall: float, cores: int) -> dict[str, Any]:
    """codecarbon's formula in its CPU load mode: load times 4 W a thread, and 20 W for memory all along."""
    load = min(cpu / (wall * cores), 1.0) if wall else 0.0
    processor = load * WATTS_A_THREAD * cores * wall / _JOULES
    memory = CODECARBON_MEMORY_WATTS * wall / _JOULES
    whole = processor + memory
    return {
        "kwh": whole,
        "memory_watts": CODECARBON_MEMORY_WATTS,
        "share_of_memory": memory / whole if whole else None,
        "note": (
            "by codecarbon's formula (CPU load mode), of this process; its own tracker takes the load of "
            "the whole machine, and its 20 W for memory do not depend on use"
        ),
    }
