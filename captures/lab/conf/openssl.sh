#!/bin/bash
# TLS of every version and kind of cipher on the loopback interface; secrets go into the key log.
set -uo pipefail
dir=/run/lab/openssl; rm -rf $dir; mkdir -p $dir; cd $dir
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=localhost" -keyout key.pem -out cert.pem 2>/dev/null
port=44300
talk() { # VERSION-OPTION CIPHER-OPTIONS...
  port=$((port + 1))
  openssl s_server -accept $port -key key.pem -cert cert.pem -www -quiet "$@" -cipher 'ALL:@SECLEVEL=0' & server=$!
  sleep 0.3
  printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
    timeout 3 openssl s_client -connect 127.0.0.1:$port -servername localhost -quiet -keylogfile keys.log "$@" -cipher 'ALL:@SECLEVEL=0' >/dev/null 2>&1
  kill $server; wait $server 2>/dev/null
}
talk -tls1; talk -tls1_1
for cipher in AES128-SHA AES256-SHA256 ECDHE-RSA-AES256-SHA384 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305; do
  port=$((port + 1))
  openssl s_server -accept $port -key key.pem -cert cert.pem -www -quiet -tls1_2 -cipher $cipher:@SECLEVEL=0 & server=$!
  sleep 0.3
  printf 'GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' $cipher |
    timeout 3 openssl s_client -connect 127.0.0.1:$port -quiet -tls1_2 -keylogfile keys.log -cipher $cipher:@SECLEVEL=0 >/dev/null 2>&1
  kill $server; wait $server 2>/dev/null
done
for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
  port=$((port + 1))
  openssl s_server -accept $port -key key.pem -cert cert.pem -www -quiet -tls1_3 -ciphersuites $suite & server=$!
  sleep 0.3
  printf 'GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' $suite |
    timeout 3 openssl s_client -connect 127.0.0.1:$port -quiet -tls1_3 -keylogfile keys.log -ciphersuites $suite >/dev/null 2>&1
  kill $server; wait $server 2>/dev/null
done
true
