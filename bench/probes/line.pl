#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# A server in Perl that speaks second: it answers a line with what it has understood, in JSON. The
# modules are what such scripts usually have, and most of what their start costs.
use strict;
use warnings;

use Data::Dumper;
use Encode qw(encode);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(strftime);
use Time::Local;

my $line = <STDIN> // '';
my @words = split ' ', $line;
print encode('UTF-8', JSON::PP->new->canonical->encode({words => \@words})), "\n";
