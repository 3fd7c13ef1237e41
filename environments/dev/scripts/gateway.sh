#!/usr/bin/env bash
# Application of the gateway: nginx in front of the model server and the web interface. Run with the CTID.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
command -v nginx >/dev/null || apt-get install -y --no-install-recommends nginx
mkdir -p /etc/nginx/conf.d
cat >/etc/nginx/conf.d/estate.conf <<'NGINX'
server {
  listen 80;
  location /models/ { proxy_pass http://10.0.0.211:8000/; }
  location / { proxy_pass http://10.0.0.212:8080/; }
}
NGINX
systemctl enable nginx
systemctl restart nginx
