"""Which distribution on the package index has a module, where its name is another one.

As the projects themselves tell how they are installed and imported. Where several have the module, the first is
proposed.
"""

import re
from collections.abc import Mapping

from fused_spec.spec.udfs.imports import NAMESPACES

_DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "Bio": ("biopython",),
    "Crypto": ("pycryptodome",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "attr": ("attrs",),
    "azure.identity": ("azure-identity",),
    "azure.storage.blob": ("azure-storage-blob",),
    "bs4": ("beautifulsoup4",),
    "community": ("python-louvain",),
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "dateutil": ("python-dateutil",),
    "dns": ("dnspython",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "ee": ("earthengine-api",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
    "ffmpeg": ("ffmpeg-python",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "github": ("pygithub",),
    "google.auth": ("google-auth",),
    "google.cloud.bigquery": ("google-cloud-bigquery",),
    "google.cloud.storage": ("google-cloud-storage",),
    "google.cloud.aiplatform": ("google-cloud-aiplatform",),
    "google.generativeai": ("google-generativeai",),
    "google.genai": ("google-genai",),
    "google.oauth2": ("google-auth",),
    "google.protobuf": ("protobuf",),
    "googleapiclient": ("google-api-python-client",),
    "ibis": ("ibis-framework",),
    "igraph": ("igraph", "python-igraph"),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "magic": ("python-magic",),
    "mpl_toolkits": ("matplotlib",),
    "mysql": ("mysql-connector-python",),
    "MySQLdb": ("mysqlclient",),
    "nacl": ("pynacl",),
    "netCDF4": ("netcdf4",),
    "odc.algo": ("odc-algo",),
    "odc.geo": ("odc-geo",),
    "odc.stac": ("odc-stac",),
    "osgeo": ("gdal",),
    "osgeo_utils": ("gdal",),
    "pkg_resources": ("setuptools",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "pylab": ("matplotlib",),
    "pywt": ("pywavelets",),
    "pyximport": ("cython",),
    "ruamel.yaml": ("ruamel-yaml",),
    "serial": ("pyserial",),
    "shapefile": ("pyshp",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slugify": ("python-slugify",),
    "snowflake": ("snowflake-connector-python",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "umap": ("umap-learn",),
    "wx": ("wxpython",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
_SIGNS = re.compile(r"[-_.]+")


def normal(name: str) -> str:
    """The name of a distribution in the one form that all ways of writing it have (PEP 503)."""
    return _SIGNS.sub("-", name).lower()


def distributions_of(module: str) -> tuple[str, ...]:
    """Those that may have the module; none where its name does not tell."""
    name = module
    while name:
        if name in _DISTRIBUTIONS:
            return _DISTRIBUTIONS[name]
        name = name.rpartition(".")[0]
    return () if module.partition(".")[0] in NAMESPACES else (normal(module),)
