# One image for every process of Errand: `serve` (web chat), `worker`, and the other commands.
FROM python:3.11-slim AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
# The libraries first: they change less often than the code, so that a new version of Errand reuses this layer.
COPY pyproject.toml constraints.txt README.md ./
RUN /venv/bin/pip install -c constraints.txt '.[postgres]' && /venv/bin/pip uninstall -y errand
COPY . .
RUN /venv/bin/pip install -c constraints.txt --no-deps -e .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home errand && install -d -o errand -g errand -m 700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ERRAND_DATA=/data ERRAND_HOST=0.0.0.0
USER errand
WORKDIR /app
VOLUME /data
EXPOSE 8300
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8300/readyz', timeout=5)"]
ENTRYPOINT ["errand"]
CMD ["serve"]
