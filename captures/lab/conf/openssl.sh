#!/bin/bash
# Fifteen TLS connections of every kind on the loopback interface, OpenSSL at both ends; secrets go into the key log.
set -eu
dir=/run/lab/openssl; rm -rf $dir; mkdir -p $dir; cd $dir
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=localhost" -keyout key.pem -out cert.pem 2>/dev/null
port=4500
mkfifo hold; exec 3<>hold # input that never ends: a server whose input ends hangs up
weak=ALL:@SECLEVEL=0 # TLS 1.0 and 1.1 are refused above level 0

serve() { # OPTIONS...: a server on the next port
  port=$((port + 1))
  openssl s_server -accept $port -key key.pem -cert cert.pem -quiet "$@" <&3 > server.log 2>&1 & server=$!
  sleep 0.3
}
stop() { kill $server; wait $server 2>/dev/null || true; }
client() { # OPTIONS...: what comes in goes to the server
  timeout 5 openssl s_client -connect 127.0.0.1:$port -keylogfile keys.log "$@" > client.log 2>&1 || true
}
get() { printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1"; }
slowly() { sleep 0.3; get "$1"; sleep 0.5; } # after the handshake, and with time for session tickets
talk() { # SERVER-OPTIONS -- CLIENT-OPTIONS...: one request, one response
  local of_server=()
  while [ "$1" != -- ]; do of_server+=("$1"); shift; done
  shift
  serve -www "${of_server[@]}"
  get /one | client -quiet "$@"
  stop
}

for cipher in AES128-SHA ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA384; do
  talk -tls1_2 -cipher $weak -- -tls1_2 -cipher $cipher:@SECLEVEL=0
done
talk -tls1_2 -cipher $weak -no_etm -- -tls1_2 -cipher AES256-SHA256:@SECLEVEL=0 # MAC first, then encryption
for cipher in ECDHE-RSA-CHACHA20-POLY1305 ECDHE-RSA-AES256-GCM-SHA384; do talk -tls1_2 -- -tls1_2 -cipher $cipher; done
talk -tls1 -cipher $weak -- -tls1 -cipher AES128-SHA:@SECLEVEL=0
talk -tls1_1 -cipher $weak -- -tls1_1 -cipher AES128-SHA:@SECLEVEL=0
talk -tls1_3 -- -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
talk -tls1_3 -curves P-256 -- -tls1_3 -groups X25519:P-256                      # HelloRetryRequest

serve -www -tls1_2                                                              # a session, and its continuation
slowly /one | client -quiet -tls1_2 -sess_out two.pem
slowly /two | client -quiet -tls1_2 -sess_in two.pem
stop

serve -tls1_3 -early_data                                                       # answers nothing
slowly /one | client -quiet -no_ign_eof -tls1_3 -sess_out three.pem
get /early > early.txt
slowly /late | client -quiet -no_ign_eof -tls1_3 -sess_in three.pem -early_data early.txt
{ slowly /a; echo K; sleep 0.3; slowly /b; echo k; sleep 0.3; slowly /c; } | client -tls1_3 # K: new keys for both sides, k: for the client
stop
