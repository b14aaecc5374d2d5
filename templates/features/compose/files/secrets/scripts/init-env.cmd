<# : cmd reads from here to the end of this comment, PowerShell reads what follows it
@echo off
rem Makes .env from .env.example, with a random value where that file has none. What .env holds already stays as it is,
rem so this can be run again, for instance after a new name has been added to .env.example.
setlocal DisableDelayedExpansion
set "INIT_ENV=%~f0"
rem PowerShell 7 hands its own module path down to Windows PowerShell, which cannot load those modules.
set "PSModulePath="
powershell -NoProfile -NonInteractive -Command "Invoke-Expression (Get-Content -Raw -LiteralPath $env:INIT_ENV)"
exit /b %ERRORLEVEL%
#>

$ErrorActionPreference = 'Stop'
try {
  $root = [IO.Path]::GetDirectoryName([IO.Path]::GetDirectoryName($env:INIT_ENV))
  $target = [IO.Path]::Combine($root, '.env')
  $text = ''
  if ([IO.File]::Exists($target)) { $text = [IO.File]::ReadAllText($target) }
  # The last line of a file that was edited by hand may have no line end.
  if ($text -and -not $text.EndsWith("`n")) { $text += "`n" }

  $random = [Security.Cryptography.RandomNumberGenerator]::Create()
  foreach ($line in [IO.File]::ReadAllLines([IO.Path]::Combine($root, '.env.example'))) {
    if ($line -notmatch '^([A-Za-z_][^=]*)=(.*)$') { continue }
    $name = $Matches[1]
    $value = $Matches[2]
    if ($text -match "(?m)^$([Regex]::Escape($name))=") { continue }
    if (-not $value) {
      # Hexadecimal digits need no quoting, neither in .env nor in a connection URL.
      $bytes = New-Object byte[] 24
      $random.GetBytes($bytes)
      $value = [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant()
    }
    $text += "$name=$value`n"
  }
  [IO.File]::WriteAllText($target, $text)
} catch {
  [Console]::Error.WriteLine("init-env: $($_.Exception.Message)")
  exit 1
}
