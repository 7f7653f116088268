"""Files to graphs with graphein, which needs an environment of its own (NumPy below 2).

Run by the interpreter of that environment: it reads a JSON list of PDB files a line, and answers
each with the seconds that it took to parse and to make graphs of them.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from functools import partial

K = 24


def seconds(run: Callable[[], object]) -> list[float]:
    """Seconds by the clock and of this process."""
    start, used = time.perf_counter(), time.process_time()
    run()
    return [time.perf_counter() - start, time.process_time() - used]


def main() -> None:
    """Answer until there are no more lines."""
    import graphein.protein as gp
    from graphein.protein.edges.distance import add_k_nn_edges
    from graphein.protein.features.nodes.amino_acid import amino_acid_one_hot
    from loguru import logger

    logger.remove()
    logging.disable()
    nearest = partial(add_k_nn_edges, k=K, long_interaction_threshold=0)
    config = gp.ProteinGraphConfig(
        granularity="CA",
        edge_construction_functions=[nearest],
        node_metadata_functions=[amino_acid_one_hot],
    )
    parse = gp.graphs.read_pdb_to_dataframe
    make = partial(gp.construct_graph, config=config, verbose=False)
    for line in sys.stdin:
        paths = json.loads(line)
        answer = {
            "parse": seconds(lambda paths=paths: [parse(path) for path in paths]),
            "file_to_graph": seconds(lambda paths=paths: [make(path=path) for path in paths]),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
