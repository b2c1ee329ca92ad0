# Images of Hookcast.
#
#   docker build -t hookcast .                                  a node, and the hookcast command
#   docker build -t hookcast-chat --target chat .               the example application
#
# The stage "binaries" holds what both copy. It compiles this source, which takes some minutes the
# first time; the compiler's cache is kept for the next. Programs that were built on Debian 12 already
# can be put in their place: lay hookcastd, hookcast and cpp-chat into build/image/, and
#
#   docker build --build-arg BINARIES=prebuilt -t hookcast .
ARG BINARIES=compiled

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-packages scripts/
RUN scripts/install-packages build && rm -rf /var/lib/apt/lists/*
COPY . .
# How many compilers run at once; each wants up to 1.5 GB. Empty: one for each core.
ARG JOBS=
RUN --mount=type=cache,target=/ccache \
    CCACHE_DIR=/ccache JOBS="$JOBS" scripts/build release hookcastd hookcast cpp-chat && \
    mkdir /out && \
    for program in hookcastd hookcast cpp-chat; do \
      strip -o "/out/$program" "build/release/bin/$program" || exit 1; \
    done

FROM scratch AS compiled
COPY --from=build /out/ /

FROM scratch AS prebuilt
COPY build/image/ /

FROM ${BINARIES} AS binaries

# The shared libraries, and somebody to run as.
FROM debian:bookworm-slim AS base
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libc-ares2 libgrpc++1.51 libhiredis0.14 libprotobuf32 libspdlog1.10 libssl3 libyaml-cpp0.7 zlib1g && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* && \
    groupadd --gid 10001 hookcast && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin hookcast

FROM base AS chat
COPY --from=binaries /cpp-chat /usr/local/bin/
COPY deploy/docker/hookcast-probe /usr/local/bin/
# A library that is missing is found here, and not by whoever starts the image.
RUN cpp-chat --help >/dev/null
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Hookcast chat" \
      org.opencontainers.image.description="Example application of Hookcast: a chat behind gRPC hooks" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
USER 10001:10001
# Hooks (gRPC), and the page.
EXPOSE 50051 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["hookcast-probe", "/", "8000"]
ENTRYPOINT ["cpp-chat", "--listen", "0.0.0.0:50051", "--page", "0.0.0.0:8000"]
# No node is named: the page connects to where it came from itself, which is the proxy in front of both.
CMD ["--node", ""]

FROM base AS runtime
COPY --from=binaries /hookcastd /hookcast /usr/local/bin/
COPY deploy/docker/hookcast-probe /usr/local/bin/
COPY deploy/docker/hookcast.yaml /etc/hookcast/hookcast.yaml
# The folder is for tokens: a volume that is laid there belongs to the node's user.
RUN hookcastd --version && hookcast --version && hookcastd --check-config \
      --config /etc/hookcast/hookcast.yaml && \
    install -d -o 10001 -g 10001 -m 0700 /run/hookcast
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Hookcast" \
      org.opencontainers.image.description="Pub/sub broker for WebSocket and event stream clients, controlled over gRPC" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
ENV HOOKCAST_CONFIG=/etc/hookcast/hookcast.yaml
USER 10001:10001
# Clients, admin (HTTP), control (gRPC).
EXPOSE 8080 8081 8082
STOPSIGNAL SIGTERM
# Alive, not ready: what restarts unhealthy containers must not restart nodes while Redis is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["hookcast-probe", "/livez"]
ENTRYPOINT ["hookcastd"]
