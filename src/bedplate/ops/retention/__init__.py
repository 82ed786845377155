"""Old rows deleted by rules, beside those who write."""

from bedplate.ops.retention.pruning import Pruned, prune, vacuum
from bedplate.ops.retention.rules import Rule

__all__ = ["Pruned", "Rule", "prune", "vacuum"]
