# One image for both roles: the app (default command) and the collector (`python -m collector`).

FROM python:3.12-slim AS build
COPY requirements.txt constraints.txt /
# pytest and supervisor are for runs outside containers; headers, test suites, notebooks and Arrow's own
# network protocol are for nobody here.
RUN grep -vE '^(pytest|supervisor)==' /requirements.txt > /image.txt \
 && python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check -r /image.txt \
 && cd /venv/lib/python3.12/site-packages \
 && rm -rf pyarrow/include pyarrow/tests pandas/tests numpy/*/tests pydeck/nbextension/static \
    pyarrow/*_flight*
WORKDIR /app
COPY . .
# The import proves that nothing was removed which is needed.
RUN rm requirements.txt constraints.txt && python -m compileall -q . \
 && /venv/bin/python -B -c 'import collector.__main__, ovpnmon.__main__, streamlit_app, altair, pydeck'

FROM python:3.12-slim
# Whom the data belong to: docker compose build --build-arg UID=$(id -u)
ARG UID=1000
ARG GID=1000
COPY --from=build /venv /venv
COPY --from=build /app /app
RUN mkdir /app/data && chown "$UID:$GID" /app/data
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    OPENVPN_MONITOR_DATA=/app/data \
    OPENVPN_MONITOR_ADDRESS=0.0.0.0
USER $UID:$GID
VOLUME /app/data
EXPOSE 8501
# The app's own answer, which tells of the collector too. The collector's service has another check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('OPENVPN_MONITOR_PORT') or 8501}/healthz\", timeout=4)"]
CMD ["python", "streamlit_app.py"]
