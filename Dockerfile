# The tested versions in a container: docker build -t mmnas_mae . && docker run --rm -it --gpus all mmnas_mae
# The wheels of torch bring CUDA along, so the machine needs a driver and the NVIDIA container toolkit, nothing else.
# With another build of torch: --build-arg PIP_FLAGS="--extra-index-url ..."
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /mmnas_mae
ARG PIP_FLAGS=""
# What is installed changes less often than the code, and stands in a layer of its own.
COPY Makefile setup.py pyproject.toml README.md ./
COPY requirements requirements
COPY mmnas_mae mmnas_mae
COPY tools tools
RUN make env PIP_FLAGS="$PIP_FLAGS"
COPY configs configs
COPY docs docs
COPY projects projects

ENV PATH=/mmnas_mae/.venv/bin:$PATH MMNAS_DATA=/data MPLBACKEND=Agg
CMD ["python", "tools/quickstart.py"]
