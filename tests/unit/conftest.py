"""How thorough the property tests are: `ci` by default, `deep` with HYPOTHESIS_PROFILE=deep before a release.

`ci` tries the same examples each time and does not look for a smaller one when one fails: that takes minutes for a
whole site. `deep` does.
"""

import os

from hypothesis import HealthCheck, Phase, settings

SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "ci",
    max_examples=20,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=SLOW_TO_DRAW,
)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=SLOW_TO_DRAW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
