/** The page of the inspector. The scripts fill it, with text only. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>coatcheck</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="inspector.css">
<script type="module" src="views.js"></script>
</head>
<body>
<header><h1>coatcheck</h1><p id="store"></p></header>
<nav id="views" aria-label="Views"></nav>
<main id="view" tabindex="-1"><p>This page needs its script.</p></main>
<p id="status" role="status"></p>
<p id="problem" role="alert"></p>
</body>
</html>
`;
