# The mock Alohub server. `docker build -t mock-alohub .`, then (docs/integration.md has the rest):
#   docker run --read-only -p 127.0.0.1:8080:8080 -v mock-alohub:/data -e MOCK_ALOHUB_TOKEN mock-alohub

FROM python:3.12.12-slim-bookworm AS wheel
WORKDIR /src
COPY requirements-dev.lock ./
# The versions that the tests ran with, without their hashes: with them, pip would want one for our own wheel too.
RUN sed -nE 's/^([A-Za-z0-9._-]+==[^ ;]+).*/\1/p' requirements-dev.lock > constraints.txt \
    && pip install --no-cache-dir --constraint constraints.txt hatchling hatch-fancy-pypi-readme
COPY pyproject.toml README.md LICENSE openapi.yaml ./
COPY schemas schemas
COPY contract_tests contract_tests
COPY load load
COPY examples examples
COPY mock_alohub mock_alohub
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.12.12-slim-bookworm AS environment
COPY --from=wheel /src/constraints.txt /src/dist/ /wheel/
RUN python -m venv --without-pip /opt/mock-alohub \
    && wheel="$(echo /wheel/*.whl)" \
    && pip --python /opt/mock-alohub/bin/python install --no-cache-dir --constraint /wheel/constraints.txt "${wheel}[server]"

FROM python:3.12.12-slim-bookworm
LABEL org.opencontainers.image.title="mock-alohub" \
      org.opencontainers.image.description="A stand-in Alohub: its webhooks with their retries, its REST API, recordings" \
      org.opencontainers.image.licenses="MIT"
# A fixed uid, so that the owner of a mounted folder can be set beforehand. An empty volume takes over the owner of /data.
RUN groupadd --gid 10001 mock-alohub \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin mock-alohub \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data
COPY --from=environment /opt/mock-alohub /opt/mock-alohub
ENV PATH=/opt/mock-alohub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SQLITE_TMPDIR=/data
USER 10001:10001
# Nothing but /data is written to, also by SQLite for what does not fit into memory (VACUUM needs as much again as the
# database has). It is the working directory too, so that a mock-alohub.toml in it is read.
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["mock-alohub", "healthcheck"]
# Beyond loopback a token is required: set MOCK_ALOHUB_TOKEN, or a new one is printed at every start.
ENTRYPOINT ["mock-alohub"]
CMD ["serve", "--host", "0.0.0.0", "--db", "/data/mock-alohub.sqlite3"]
