"""Specs from Python, where a list of jobs comes from code: `fused-spec generate` writes 10-largest.yaml from this."""

from fused_spec import Job, JobConfig, UdfSource, UdfStep

specs = [
    Job(
        name=f"largest-{count}",
        description=f"The {count} largest countries of Africa and of Europe",
        labels={"topic": "countries"},
        config=JobConfig(
            steps=[
                UdfStep(
                    udf=UdfSource(
                        file="udfs/continents.py",
                        parameters={"countries": {"file": "data/ne_countries.geojson"}, "count": count},
                    ),
                    input=["Africa", "Europe"],
                )
            ]
        ),
    )
    for count in (5, 10)
]
