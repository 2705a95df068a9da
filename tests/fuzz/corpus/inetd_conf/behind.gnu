4tcpmux stream tcp nowait root internal
tcpmux/logs stream tcp nowait/5/6/7 nobody:tty /bin/x x
tcpmux/+zip stream:httpready,x tcp,sndbuf=4k nowait.3 root internal echo
127.0.0.1:tcpmux/x stream tcp nowait root /bin/x
tcpmux/LOGS on protocol = tcp, wait = no, user = a, exec = /bin/x, recvbuf = 4k;
rstatd/1-5 dgram rpc/udp wait root /bin/x
100001/3 dgram rpc/udp46 wait root /bin/x
[::1]:rusersd/2-1 stream rpc/tcp,rcvbuf=1m nowait root /bin/x
rusersd/0-4294967295 on protocol = rpc/udp6, wait = yes, user = a, exec = /bin/x;
