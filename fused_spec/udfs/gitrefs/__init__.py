"""UDFs in git: what a reference means, and the content of a path at a commit.

A repository is read from a clone that somebody declared, or from a bare clone in a cache. Nothing is checked out, no
hook runs, nobody is asked anything; the network is touched by `Repositories` that may fetch, and by no others. What
somebody declared is only read; what is fetched into, pruned and removed lies in the cache, and was made there.
"""

from fused_spec.udfs.gitrefs.reference import GitReference, GitUnavailable, normal, parse
from fused_spec.udfs.gitrefs.repositories import Repositories

__all__ = ["GitReference", "GitUnavailable", "Repositories", "normal", "parse"]
