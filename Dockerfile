# turnscript with its models: the image has everything it needs at run time and uses no network.
#
#   docker build -t turnscript .
#   docker run --rm --init -v "$PWD:/work" turnscript run interview.mp3
#
# docs/scale.md describes the rest: a volume for the cache, other users, workers of a cluster.

ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY audio ./audio
COPY transcribe ./transcribe
COPY output ./output
COPY docs/transcribe.1 ./docs/transcribe.1
RUN python -m venv /opt/turnscript \
    && /opt/turnscript/bin/pip install --no-cache-dir --constraint constraints.txt '.[cluster]'
# Prepare the models, and transcribe a clip to verify the image.
ENV XDG_CACHE_HOME=/var/lib/turnscript/cache
COPY tests/clips/short.mp3 ./
RUN /opt/turnscript/bin/transcribe models get \
    && /opt/turnscript/bin/transcribe run short.mp3 --output /tmp/first --quiet \
    && /opt/turnscript/bin/transcribe cache clear \
    && rm -rf /var/lib/turnscript/cache/turnscript/stages /var/lib/turnscript/cache/turnscript/documents \
    && mkdir -p /var/lib/turnscript/data \
    && chmod -R a+rX /var/lib/turnscript \
    && chmod 1777 /var/lib/turnscript/data /var/lib/turnscript/cache/turnscript /var/lib/turnscript/cache/turnscript/models

FROM python:${PYTHON}-slim
RUN useradd --uid 1000 --create-home turnscript && mkdir /work && chown turnscript /work
COPY --from=build /opt/turnscript /opt/turnscript
# Root's, and anybody may add to it, as to /tmp: any --user finds the models and keeps results of its own.
COPY --from=build /var/lib/turnscript /var/lib/turnscript
ENV PATH=/opt/turnscript/bin:$PATH \
    XDG_CACHE_HOME=/var/lib/turnscript/cache \
    XDG_DATA_HOME=/var/lib/turnscript/data
USER 1000:1000
WORKDIR /work
# like Ctrl-C: files in progress are finished first
STOPSIGNAL SIGINT
ENTRYPOINT ["transcribe"]
CMD ["--help"]
