# MLScore's server. One image serves as web, worker, beat and for the migrations; docker-compose.yml says how.
ARG PYTHON_IMAGE=python:3.11-slim
FROM ${PYTHON_IMAGE} AS build
RUN python3 -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data STATIC_ROOT=/app/static-collected BIND=0.0.0.0 PORT=8000
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin mlscore \
    && install -d -o mlscore -g mlscore /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The key signs nothing: collecting files only needs some key, and this one ends with the command.
RUN DATA_DIR=/tmp/build SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0 && rm -rf /tmp/build
USER mlscore
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:8000/readyz', headers={'Host': 'localhost'}), timeout=4)"]
CMD ["gunicorn", "--config", "python:mlscore_site.gunicorn", "mlscore_site.wsgi"]
