# docker build -t zhiwen .

FROM rust:1.95-bookworm AS build
WORKDIR /src
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ binutils python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

# What rust-bert links.
COPY .cargo .cargo
COPY scripts/libtorch scripts/install-packages scripts/python-packages scripts/
RUN scripts/libtorch

# The dependencies alone, on empty members: built again only when they change.
COPY Cargo.toml Cargo.lock ./
COPY models/Cargo.toml models/build.rs models/
COPY index/Cargo.toml index/
COPY service/Cargo.toml service/build.rs service/
COPY tests/Cargo.toml tests/
RUN mkdir -p models/src index/src service/src \
    && touch models/src/lib.rs index/src/lib.rs service/src/lib.rs tests/lib.rs \
    && echo 'fn main() {}' > service/src/main.rs \
    && cargo build --release --locked --package zhiwen --features bert \
    && cargo clean --release --package zhiwen --package zhiwen-index --package zhiwen-models

COPY models models
COPY index index
COPY config config
COPY service service
RUN cargo build --release --locked --package zhiwen --features bert

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin zhiwen \
    && install --directory --owner zhiwen --group zhiwen --mode 0700 /data
# For a collector of traces behind https.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY config/production.toml /etc/zhiwen/production.toml
# The program finds libtorch in lib beside itself.
COPY --from=build /src/vendor/libtorch/lib /opt/zhiwen/lib
COPY --from=build /src/target/release/zhiwen /opt/zhiwen/zhiwen
RUN ln -s /opt/zhiwen/zhiwen /usr/local/bin/zhiwen
ENV ZHIWEN_CONFIG=/etc/zhiwen/production.toml
USER zhiwen
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s CMD ["zhiwen", "health"]
# SIGTERM drains: requests under way are answered.
STOPSIGNAL SIGTERM
ENTRYPOINT ["zhiwen"]
CMD ["serve"]
