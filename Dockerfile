# One image for all: the gateway by default, the broker and the scripts by their command.
FROM python:3.13-slim

RUN useradd --uid 10001 --create-home hubbub
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock

COPY common ./common
COPY broker ./broker
COPY gateway ./gateway
COPY scripts ./scripts
COPY static ./static

# Volumes that are mounted here begin with this owner.
RUN install -d -o hubbub -g hubbub data keys
USER hubbub

ENV PYTHONUNBUFFERED=1 HUBBUB_HOST=0.0.0.0 PORT=4000
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["python", "-m", "scripts.health", "gateway"]
CMD ["python", "-m", "gateway"]
