4ftp	stream	tcp	nowait	root	/usr/sbin/ftpd
	ftpd -l
  telnet stream tcp4 nowait root /usr/sbin/telnetd
10.0.0.1,10.0.0.2:finger stream tcp nowait:3 nobody /usr/sbin/fingerd
::1:2525 stream tcp6 nowait root /usr/sbin/exim exim "-bs -q"
